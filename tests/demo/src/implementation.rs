//! What the compiler makes of a closure, as the lesson writes it: a struct, its construction, and a method.
//! Stable Rust implements Fn, FnMut and FnOnce for closures only, so these traits are our own.

trait CallOnce<Args> {
    type Output;
    fn call_once(self, args: Args) -> Self::Output;
}

trait CallMut<Args>: CallOnce<Args> {
    fn call_mut(&mut self, args: Args) -> Self::Output;
}

trait Call<Args>: CallMut<Args> {
    fn call(&self, args: Args) -> Self::Output;
}

pub fn the_closure() -> i32 {
    let a = vec![1, 2];
    let mut b = vec![3, 4];
    let c = vec![5, 6];
    let x = || {
        // Takes `a` by shared reference
        assert_eq!(a[0], 1);
        // Takes `b` by mutable reference, because a shared reference wouldn't work
        b[0] = 1;
        // Moves `c` into the closure, because neither shared nor mutable reference would work
        let d = c;
    };
    x();
    b[0]
}

/// The same. References in a struct need a lifetime, which the lesson leaves out.
pub fn the_struct() -> i32 {
    let a = vec![1, 2];
    let mut b = vec![3, 4];
    let c = vec![5, 6];

    struct Closure1<'a> {
        a: &'a Vec<i32>,
        b: &'a mut Vec<i32>,
        c: Vec<i32>,
    }

    let x = Closure1 { a: &a, b: &mut b, c: c };

    impl CallOnce<()> for Closure1<'_> {
        type Output = ();

        fn call_once(self, (): ()) {
            assert_eq!(self.a[0], 1);
            self.b[0] = 1;
            let d = self.c;
        }
    }

    x.call_once(());
    b[0]
}

/// A closure that reads its environment, as a struct with all three traits: each follows from the next.
pub fn the_hierarchy() {
    struct Adder<'a> {
        a: &'a i32,
    }

    impl Call<(i32,)> for Adder<'_> {
        fn call(&self, (x,): (i32,)) -> i32 {
            x + *self.a
        }
    }

    impl CallMut<(i32,)> for Adder<'_> {
        fn call_mut(&mut self, args: (i32,)) -> i32 {
            self.call(args)
        }
    }

    impl CallOnce<(i32,)> for Adder<'_> {
        type Output = i32;

        fn call_once(mut self, args: (i32,)) -> i32 {
            self.call_mut(args)
        }
    }

    let a = 1;
    let f = |x| x + a;
    assert_eq!(f(2), Adder { a: &a }.call((2,)));
    assert_eq!(f(2), Adder { a: &a }.call_once((2,)));
}

pub fn both_do_the_same() {
    assert_eq!(the_closure(), the_struct());
}
