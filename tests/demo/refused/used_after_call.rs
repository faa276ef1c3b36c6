//! Refused for `c` only: the closure's borrow of `b` ended with the call, whatever the lesson says.

#![allow(unused)]

pub fn used_after_call() {
    let mut a = vec![1, 2];
    let mut b = vec![3, 4];
    let mut c = vec![5, 6];
    let x = || {
        assert_eq!(a[0], 1);
        b[0] = 1;
        let d = c;
    };
    x();
    assert_eq!(a[0], 1);
    assert_eq!(b[0], 3);
    assert_eq!(c[0], 5); // rustc: E0382
}
