//! Refused before its borrow is looked at: a reference that is returned needs a lifetime, and a trait object `dyn`.

#![allow(unused)]

fn f() -> &Fn(i32) -> i32 { // rustc: E0106, E0782
    let a = 1;
    |x: i32| x + a
}
