//! Refused: nothing tells the types. The lesson's first way to write `add` works where the closure is called.

#![allow(unused)]

pub fn never_called() {
    let add = |a, b| a + b; // rustc: E0284
}
