//! Refused: the closure is on the stack of the function that returns a reference to it.

#![allow(unused)]

pub fn returned() -> &'static dyn Fn(i32) -> i32 {
    let a = 1;
    &|x| x + a // rustc: E0373, E0515
}
