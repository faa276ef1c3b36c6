//! Refused: what is FnOnce can be called exactly once.

#![allow(unused)]

pub fn called_twice() {
    let z = String::from("hello");
    let consumes_z = || { drop(z); };
    consumes_z();
    consumes_z(); // rustc: E0382
}
