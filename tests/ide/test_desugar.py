"""A desugared closure compiles in place of the closure: rustc is asked, about all cases at once."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from in_memory import view_of

from closurelens.ide.desugar import Desugared, desugar

CASES = {
    "seed": """
        let a = vec![1, 2];
        let mut b = vec![3, 4];
        let c = vec![5, 6];
        let x = || {
            assert_eq!(a[0], 1);
            b[0] = 1;
            let d = c;
            assert_eq!(d.len(), 2);
        };
        x();""",
    "parameters and a result": (
        "let n = 3; let f = |x: i32, mut y: i32| -> i32 { y += x; y + n }; assert_eq!(f(1, 2), 6);"
    ),
    "assigned": "let mut n = 3; let mut f = || n += 1; f(); assert_eq!(n, 4);",
    "assigned whole": "let mut n = 3; let mut f = || n = 1; f(); assert_eq!(n, 1);",
    "a field": """
        struct P { x: String, y: i32 }
        let mut p = P { x: String::new(), y: 1 };
        let mut f = || { p.x.push('a'); p.y += 1; };
        f();
        assert_eq!(p.y, 2);""",
    "a tuple": "let mut t = (1, String::new()); let mut f = || { t.0 += 1; t.1.push('a'); }; f(); assert_eq!(t.0, 2);",
    "behind a reference": "let mut v = vec![1]; let r = &mut v; let mut f = || r.push(2); f(); assert_eq!(r.len(), 2);",
    "behind a box": "let mut b = Box::new((1, 2)); let mut f = || b.0 = 3; f(); assert_eq!(b.0, 3);",
    "shown": (
        'let name = String::from("n"); let f = || format!("{name}{:?} {}", name, 1); assert_eq!(f(), "n\\"n\\" 1");'
    ),
    "moved": "let s = String::new(); let f = move || s.len(); assert_eq!(f(), 0);",
    "moved and changed": "let mut s = String::new(); let mut f = move || { s.push('a'); s.len() }; assert_eq!(f(), 1);",
    "given away": 'let s = String::new(); let f = move || s; assert_eq!(f(), "");',
    "changed and given away": "let mut s = String::new(); let f = move || { s.push('a'); s }; assert_eq!(f(), \"a\");",
    "passed on": "fn g(v: &Vec<i32>) -> usize { v.len() } let v = vec![1]; let f = || g(&v); assert_eq!(f(), 1);",
    "by-value methods of what is Copy": "let n = 2i32; let f = || n.pow(2); assert_eq!(f(), 4);",
    "an array iterated by value": (
        "let a = [1, 2]; let f = || { let s: i32 = a.into_iter().sum(); s }; assert_eq!(f(), 3);"
    ),
    "shorthand fields": "struct Q { n: i32 } let n = 1; let f = || Q { n }; assert_eq!(f().n, 1);",
    "negated and compared": "let b = true; let f = || !b == false; assert!(f());",
    "nothing": "let f = |x: i32| x; assert_eq!(f(1), 1);",
    "matched": "let o = Some(3); let f = || match o { Some(n) => n, None => 0 }; assert_eq!(f(), 3);",
    "nested": "let n = 1; let f = |x: i32| { let g = || x + n; g() }; assert_eq!(f(1), 2);",
    "a future": "let n = 1; let f = || async move { n + 1 }; let _ = f();",
    "a reference in a type": 'let v = vec!["a"]; let f = || v.len(); assert_eq!(f(), 1);',
}


def replaced(text: str) -> tuple[str, Desugared]:
    """The text with its first closure replaced by its desugaring, and calls of its variable by calls of the method."""
    view = view_of(text)
    closure = next(iter(view.closures()))
    made = desugar(view, closure)
    source = view.document.text
    at = closure.range
    name = (made.binding or "").removeprefix("mut ")
    method = next(word for word in ("call_once", "call_mut", "call") if re.search(rf"fn {word}\b", made.impl))
    after = source[at.end :].decode().replace(f"{name}(", f"{name}.{method}(")
    block = f"{{ {made.struct}\n{made.impl}\n{made.value} }}"
    return source[: at.start].decode() + block + after, made


def test_desugared_closures_compile_and_do_the_same(tmp_path: Path) -> None:
    rustc = shutil.which("rustc")
    assert rustc is not None
    functions, calls = [], []
    for number, (name, body) in enumerate(CASES.items()):
        text, made = replaced(f"fn case{number}() {{ {body} }}\n")
        assert made.problems == [], name
        functions.append(f"// {name}\n{text}")
        calls.append(f"case{number}();")
    source = tmp_path / "main.rs"
    source.write_text("#![allow(warnings)]\n" + "".join(functions) + f"fn main() {{ {' '.join(calls)} }}\n")
    program = tmp_path / "program"
    command = [rustc, "--edition=2021", "-Cdebuginfo=0", "-o", str(program), str(source)]
    compiled = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert compiled.returncode == 0, compiled.stderr
    ran = subprocess.run([str(program)], capture_output=True, text=True, timeout=20, check=False)
    assert ran.returncode == 0, ran.stderr


GENERIC = """
fn f<T: Clone + std::fmt::Debug, U>(t: T, u: U) -> T where U: Copy {
    let g = |n: U| { let _m = n; t.clone() };
    g(u)
}
fn main() { f(String::new(), 1); }
"""


def test_generics_come_with_their_bounds(tmp_path: Path) -> None:
    text, made = replaced(GENERIC)
    assert made.problems == []
    source = tmp_path / "main.rs"
    source.write_text("#![allow(warnings)]\nuse std::fmt::Debug;\n" + text)
    command = ["rustc", "--edition=2021", "--emit=metadata", "--out-dir", str(tmp_path), str(source)]
    compiled = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert compiled.returncode == 0, compiled.stderr


def test_a_parameter_that_only_the_body_names_is_held() -> None:
    text = (
        "fn f<T: Default + Clone>() -> usize { let g = || std::mem::size_of_val(&T::default()); g() }\nfn main() {}\n"
    )
    made = replaced(text)[1]
    assert "types: std::marker::PhantomData<T>," in made.struct
    assert made.value == "Closure1 { types: std::marker::PhantomData::<T> }"


def test_results_that_are_references_have_a_lifetime() -> None:
    view = view_of("fn f(v: Vec<String>) { let g = |s: &String, n: usize| -> &str { s.trim() }; }")
    made = desugar(view, next(iter(view.closures())))
    assert "fn call<'a>(&self, s: &'a String, n: usize) -> &'a str" in made.impl


PROBLEMS = {
    "async fn g() {} fn f() { let u = async { g().await }; let c = move || u; }": "the type of `u` has no name",
    "fn f() { let u = unknown(); let c = || u.g(); }": "is not known",
    "fn f(t: (String, String)) { let c = || { let (a, _) = t; a }; }": "no place of its own",
}


@pytest.mark.parametrize("text", PROBLEMS)
def test_what_rust_cannot_write_has_a_reason(text: str) -> None:
    view = view_of(text)
    closure = next(c for c in view.closures() if c.bars is not None)
    problems = desugar(view, closure).problems
    assert any(PROBLEMS[text] in problem for problem in problems), problems
