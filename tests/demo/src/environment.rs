//! What closures take from around them, and how.

pub fn a_closure_uses_its_environment() {
    let a = 1;
    let f = |x| x + a;
    assert_eq!(f(2), 3);
}

pub fn by_reference_by_mutable_reference_by_value() {
    let a = vec![1, 2];
    let mut b = vec![3, 4];
    let c = vec![5, 6];
    let x = || {
        assert_eq!(a[0], 1);
        b[0] = 1;
        let d = c;
    };
    x();
    assert_eq!(a[0], 1);
    // The lesson calls this an error: it is none since borrows end at their last use, which is the call.
    assert_eq!(b[0], 1);
}

pub fn all_by_value_because_of_move() {
    let a = vec![1, 2];
    let mut b = vec![3, 4];
    let c = vec![5, 6];
    let x = move || {
        assert_eq!(a[0], 1);
        b[0] = 1;
        let d = c;
    };
    x();
}

pub fn greet() {
    let name = String::from("Alice");
    let greet = move || println!("Hello, {}", name);
    greet();
}

pub fn sent_to_a_thread() {
    let words = vec![String::from("one"), String::from("two")];
    let thread = std::thread::spawn(move || words.iter().map(|word| word.len()).sum::<usize>());
    thread.join().unwrap();
}

struct Ledger {
    entries: Vec<i32>,
    total: i32,
    name: String,
}

impl Ledger {
    /// Only the fields that the body uses are captured, so that `name` can still be read.
    fn add(&mut self, amount: i32) -> &str {
        let mut add = || {
            self.entries.push(amount);
            self.total += amount;
        };
        let name = &self.name;
        add();
        name
    }
}
