//! Refused, but not for its borrow: `into` takes the string by value, so the closure moves it, and is FnOnce.

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

pub fn wrapped_borrow() {
    let local_string = String::from("hello");
    let bad = Closure::wrap(Box::new(|| { // rustc: E0525
        log_1(&local_string.into());
    }) as Box<dyn Fn()>);
}
