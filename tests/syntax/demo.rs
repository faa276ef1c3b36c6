#![allow(dead_code)]
//! A file with a bit of everything that can stand around a body.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub mod shapes;

/// A doc comment with a brace { and a quote ".
#[derive(Clone, Debug)]
pub struct Config<'a, T: ?Sized = str> {
    pub name: &'a T,
    #[cfg(feature = "é🦀")]
    depth: usize,
}

const LIMIT: usize = 1 << 20;
const EMPTY: &str = "{";
static HOOK: fn(i32) -> i32 = |x| x + 1;
const TABLE: [fn() -> u8; 2] = [|| b'{', || { b'\'' }];

macro_rules! count {
    () => { 0 };
    ($head:tt $($tail:tt)*) => { 1 + count!($($tail)*) };
}

thread_local! {
    static DEPTH: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

enum Shape {
    Circle { radius: f64 },
    Square(f64),
    Unit = 3,
}

impl<'a, T> Config<'a, T>
where
    T: ?Sized + PartialEq<str>,
{
    /// Doc of new.
    #[inline]
    #[must_use = "}"]
    pub fn new(name: &'a T) -> Self {
        Self { name, #[cfg(feature = "é🦀")] depth: 0 }
    }

    pub const ALL: &'static [&'static str] = &["a", "b"];

    pub async unsafe fn run<F>(&mut self, mut f: F) -> Result<(), Box<dyn Fn() -> u8 + 'static>>
    where
        F: FnMut(&str) -> bool,
    {
        let text = r#"fn not_a_function() { "quoted" }"#;
        let c = '"'; // an unclosed " in a comment {
        /* and { here /* nested */ too */
        if f(text) {
            return Err(Box::new(move || c as u8));
        }
        fn nested(x: u8) -> u8 { x }
        Ok(())
    }
}

trait Visit<const N: usize> {
    type Out;
    const ID: u8 = 1;
    fn visit(&self) -> [u8; N];
    fn twice(&self) -> ([u8; N], [u8; { N + 1 }]) where Self: Sized {
        (self.visit(), [0; { N + 1 }])
    }
}

impl Visit<{ 1 + 1 }> for Shape {
    type Out = ();
    fn visit(&self) -> [u8; 2] {
        match self { Shape::Circle { .. } => [1, 2], _ => [0; 2] }
    }
}

unsafe extern "C" {
    pub type Opaque;
    safe fn abs(x: i32) -> i32;
}

extern "C" fn callback(_: *mut u8) {}

mod inner {
    use super::*;

    pub(crate) fn one_line() -> u8 { 1 }
    pub fn closures(v: &mut Vec<i32>, map: &HashMap<String, i32>) -> usize {
        let mut total = 0;
        v.iter().filter(|x| **x > 0).for_each(|x| total += *x as usize);
        let add = |n: usize| -> usize { total + n };
        v.retain(|&x| map.values().any(|y| *y == x));
        add(1)
    }

    mod deeper {
        fn a() {}

        fn b() {
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_a_string_at_the_margin() {
        let code = r##"
fn f() {
}
}
"##;
        assert_eq!(code.len(), 14);
    }
}

pub fn last(n: u8) -> impl Fn(u8) -> u8 { move |x| x + n }
