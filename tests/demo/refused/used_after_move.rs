//! Refused: with `move` the closure has taken all three.

#![allow(unused)]

pub fn used_after_move() {
    let mut a = vec![1, 2];
    let mut b = vec![3, 4];
    let mut c = vec![5, 6];
    let x = move || {
        assert_eq!(a[0], 1);
        b[0] = 1;
        let d = c;
    };
    x();
    assert_eq!(a[0], 1); // rustc: E0382
    assert_eq!(b[0], 3); // rustc: E0382
    assert_eq!(c[0], 5); // rustc: E0382
}
