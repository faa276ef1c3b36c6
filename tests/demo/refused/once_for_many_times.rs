//! Refused: not every FnOnce is FnMut, and not every FnMut is Fn.

#![allow(unused)]

fn many_times<F: FnMut()>(f: F) {}

fn shared<F: Fn()>(f: F) {}

pub fn for_many_times() {
    let z = String::from("hello");
    let consumes_z = || { drop(z); }; // rustc: E0525
    many_times(consumes_z);
    let mut y = 5;
    let mutates_y = || { y += 1; }; // rustc: E0525
    shared(mutates_y);
}
