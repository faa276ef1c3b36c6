//! Refused: `into` takes the string by value, so the closure is FnOnce, with `move` or without.

#![allow(unused)]

pub fn consumes() {
    let local_string = String::from("hello");
    let bad = Box::new(move || { // rustc: E0525
        let value: Box<str> = local_string.into();
    }) as Box<dyn Fn()>;
}
