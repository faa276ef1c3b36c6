//! Refused: a thread may outlive the function, so what it uses must be moved into its closure.

#![allow(unused)]

pub fn sent() {
    let words = vec![String::from("one")];
    std::thread::spawn(|| words.len()); // rustc: E0373
}
