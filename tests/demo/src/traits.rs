//! Fn, FnMut and FnOnce: the least that the body allows.

pub fn one_of_each() {
    let x = 5;
    let reads_x = || println!("{}", x);
    reads_x();
    let mut y = 5;
    let mut mutates_y = || { y += 1; };
    mutates_y();
    let z = String::from("hello");
    let consumes_z = || { drop(z); };
    consumes_z();
}

pub fn which_trait() {
    let a = vec![1, 2];
    let x = || assert_eq!(a[0], 1);
    x();
    let mut b = vec![3, 4];
    let mut y = || b[0] = 2;
    y();
    let c = vec![5, 6];
    let z = || { let d = c; };
    z();
}

fn twice<F: FnMut()>(mut f: F) {
    f();
    f();
}

fn once<F: FnOnce() -> String>(f: F) -> String {
    f()
}

/// Whatever implements Fn implements FnMut and FnOnce too; where it is passed decides what it is made.
pub fn what_the_context_makes_of_it() {
    let text = String::from("text");
    twice(|| println!("{text}"));
    let mut count = 0;
    twice(|| count += text.len());
    once(|| text.clone());
    once(|| text);
}
