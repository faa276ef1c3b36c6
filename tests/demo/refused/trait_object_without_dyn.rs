//! Refused since edition 2021: trait objects are written with `dyn`.

#![allow(unused)]

fn foo(f: &Fn(i32) -> i32, i: i32) -> i32 { // rustc: E0782
    f(i)
}

pub fn objects() {
    let a = 1;
    let b = |x: i32| a + x;
    foo(&b, 1);
}
