//! Refused: the closure borrows what dies with the function.

#![allow(unused)]

struct JsValue;

impl From<&str> for JsValue {
    fn from(_: &str) -> JsValue {
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

pub fn borrows_a_local() {
    let local_string = String::from("hello");
    let bad = Closure::wrap(Box::new(|| { // rustc: E0373
        log_1(&local_string.as_str().into());
    }) as Box<dyn Fn()>);
}
