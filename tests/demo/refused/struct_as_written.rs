//! Refused: the lesson's struct lacks lifetimes, and its `impl FnOnce` is "for illustration purpose only".

#![allow(unused)]

struct Closure1 {
    a: &Vec<i32>, // rustc: E0106
    b: &mut Vec<i32>, // rustc: E0106
    c: Vec<i32>,
}

impl FnOnce for Closure1 { // rustc: E0107, E0183, E0658
    fn call_once(self) {} // rustc: E0658
}
