//! Refused: an FnMut closure is called through `&mut`, so its variable must be `mut`.

#![allow(unused)]

pub fn called_without_mut() {
    let mut y = 5;
    let mutates_y = || { y += 1; };
    mutates_y(); // rustc: E0596
}
