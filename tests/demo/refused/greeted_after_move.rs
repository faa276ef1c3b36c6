//! Refused: `name` has moved into the closure.

#![allow(unused)]

pub fn after_move() {
    let name = String::from("Alice");
    let greet = move || println!("Hello, {}", name);
    println!("{}", name); // rustc: E0382
    greet();
}
