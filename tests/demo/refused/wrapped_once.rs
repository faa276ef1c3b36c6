//! Refused: `Closure::wrap` does not take what can be called only once. `Closure::once` does.

#![allow(unused)]

struct JsValue;

impl From<String> for JsValue {
    fn from(_: String) -> JsValue {
        JsValue
    }
}

fn log_1(_: &JsValue) {}

trait WasmClosure {}

impl WasmClosure for dyn Fn() {}

struct Closure;

impl Closure {
    fn wrap<T: WasmClosure + ?Sized>(_: Box<T>) -> Closure {
        Closure
    }
}

pub fn wrapped_once() {
    let local_string = String::from("hello");
    let good = Closure::wrap(Box::new(move || { // rustc: E0277
        log_1(&local_string.into());
    }) as Box<dyn FnOnce()>);
}
