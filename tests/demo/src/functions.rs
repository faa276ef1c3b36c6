//! Functions as values, and closures without names.

fn max(x: i32, y: i32) -> i32 {
    if x > y { x } else { y }
}

fn min(x: i32, y: i32) -> i32 {
    if x < y { x } else { y }
}

pub fn function_types() {
    // A function type with no parameter or return value
    let x: fn();
    // A function type with two parameters but no return value
    let y: fn(i32, bool);
    // A function type with one parameter and one return value
    let z: fn(i32) -> i32;
    x = || {};
    y = |_, _| {};
    z = |n| n + 1;
    x();
    y(1, true);
    assert_eq!(z(1), 2);
}

pub fn function_pointers() {
    let f: fn(i32, i32) -> i32 = max;
    assert_eq!(f(1, 2), 2);
    let mut f: fn(i32, i32) -> i32 = max;
    f = min;
    assert_eq!(f(1, 2), 1);
    // A closure that captures nothing is a function pointer where one is wanted.
    f = |x: i32, y: i32| x * y;
    assert_eq!(f(1, 2), 2);
}

pub fn three_ways_to_write_a_closure() {
    let add = |a, b| a + b;
    assert_eq!(add(1, 2), 3);
    let add = |a: i32, b: i32| a + b;
    assert_eq!(add(1, 2), 3);
    let add = |a: i32, b: i32| -> i32 { a + b };
    assert_eq!(add(1, 2), 3);
}

pub fn anonymous_functions() {
    let a = |x: i32, y| if x > y { x } else { y };
    assert_eq!(a(1, 2), 2);
    let b = |x: i32, y| if x < y { x } else { y };
    assert_eq!(b(1, 2), 1);
}

fn foo<F: Fn(i32) -> i32>(f: F, i: i32) -> i32 {
    f(i)
}

fn bar(f: &dyn Fn(i32) -> i32, i: i32) -> i32 {
    f(i)
}

fn f(x: i32) -> i32 {
    x + 1
}

pub fn passed_to_generic_functions() {
    let a = 1;
    let b = |x| a + x;
    let c = |x| a + x;
    foo(b, 1);
    foo(c, 2);
    assert_eq!(foo(f, 1), 2);
}

pub fn passed_as_trait_objects() {
    let a = 1;
    let b = |x| a + x;
    let c = |x| a + x;
    bar(&b, 1);
    bar(&c, 2);
    assert_eq!(bar(&f, 1), 2);
}

pub fn boxed_and_returned() -> Box<dyn Fn(i32) -> i32> {
    let a = 1;
    Box::new(move |x| x + a)
}

pub fn returned_as_itself() -> impl Fn(i32) -> i32 {
    let a = 1;
    move |x| x + a
}

pub fn call_what_is_returned() {
    assert_eq!(boxed_and_returned()(2), 3);
    assert_eq!(returned_as_itself()(2), 3);
}
