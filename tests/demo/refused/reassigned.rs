//! Refused: no two closures have the same type.

#![allow(unused)]

pub fn reassigned() {
    let mut f = |x: i32, y: i32| if x > y { x } else { y };
    f = |x: i32, y: i32| if x < y { x } else { y }; // rustc: E0308
    assert_eq!(f(1, 2), 1);
}
