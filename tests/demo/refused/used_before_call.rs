//! Refused: what a closure has taken is gone, and what it borrows mutably is out of reach until its last use.

#![allow(unused)]

pub fn used_before_call() {
    let a = vec![1, 2];
    let mut b = vec![3, 4];
    let c = vec![5, 6];
    let x = || {
        assert_eq!(a[0], 1);
        b[0] = 1;
        let d = c;
    };
    assert_eq!(a[0], 1);
    assert_eq!(b[0], 3); // rustc: E0502
    x();
    assert_eq!(c[0], 5); // rustc: E0382
}
