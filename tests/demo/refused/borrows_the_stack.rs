//! Refused: the closure borrows what dies with the function.

#![allow(unused)]

fn wrap(f: Box<dyn Fn() + 'static>) {}

pub fn borrows_a_local() {
    let local_string = String::from("hello");
    wrap(Box::new(|| println!("{}", local_string)));
}
