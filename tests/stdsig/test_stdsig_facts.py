"""Well-known signatures of std, as its documentation shows them (allocators written out, lifetimes left out)."""

from __future__ import annotations

import pytest

from closurelens.stdsig.database import StdDb
from closurelens.stdsig.lang import LANG, PRELUDES
from closurelens.ty.sig import CtorKind, Def, DefKind, FnSig, Generics, ImplSig, Namespace, SelfKind
from closurelens.ty.types import DefPath

TYPES, VALUES, MACROS = Namespace.TYPES, Namespace.VALUES, Namespace.MACROS


def show_generics(generics: Generics) -> tuple[str, str]:
    params = [
        ("const " if p.is_const else "") + p.name + ("" if p.default is None else f" = {p.default}")
        for p in generics.params
    ]
    predicates = [f"{p.subject}: {p.bound}" for p in generics.predicates]
    return (
        f"<{', '.join(params)}>" if params else "",
        f" where {', '.join(predicates)}" if predicates else "",
    )


def show_fn(sig: FnSig) -> str:
    params, where = show_generics(sig.generics)
    inputs = [f"{name}: {ty}" for name, ty in zip(sig.param_names, sig.params, strict=True)]
    return f"fn {sig.name}{params}({', '.join(inputs)}) -> {sig.ret}{where}"


def show_impl(impl: ImplSig) -> str:
    params, where = show_generics(impl.generics)
    trait = "" if impl.trait is None else f"{'!' if impl.is_negative else ''}{impl.trait} for "
    assoc = "".join(f" {name} = {ty}" for name, ty in sorted(impl.assoc_types.items()))
    return f"impl{params} {trait}{impl.self_ty}{where}{assoc and f' {{{assoc} }}'}"


def methods(db: StdDb, head: str, name: str) -> list[str]:
    return [show_fn(db.fn(i.methods[name])) for i in db.inherent_impls(head) if name in i.methods]


INHERENT = [
    ("Option", "map", "fn map<U, F>(self: Option<T>, f: F) -> Option<U> where F: FnOnce(T) -> U"),
    ("Option", "as_deref", "fn as_deref(self: &Option<T>) -> Option<&T::Target> where T: Deref"),
    ("HashMap", "entry", "fn entry(self: &mut HashMap<K, V, S, A>, key: K) -> Entry<K, V, A>"),
    ("Vec", "retain", "fn retain<F>(self: &mut Vec<T, A>, f: F) -> () where F: FnMut(&T) -> bool"),
    ("Rc", "new", "fn new(value: T) -> Rc<T, Global>"),
    ("Box", "leak", "fn leak(b: Box<T, A>) -> &mut T"),
    ("RefCell", "borrow_mut", "fn borrow_mut(self: &RefCell<T>) -> RefMut<T>"),
    ("Mutex", "lock", "fn lock(self: &Mutex<T>) -> Result<MutexGuard<T>, PoisonError<MutexGuard<T>>>"),
    ("Cow", "into_owned", "fn into_owned(self: Cow<B>) -> B::Owned"),
    ("LocalKey", "with", "fn with<F, R>(self: &'static LocalKey<T>, f: F) -> R where F: FnOnce(&T) -> R"),
    (
        "Scope",
        "spawn",
        "fn spawn<F, T>(self: &Scope, f: F) -> ScopedJoinHandle<T> where F: FnOnce() -> T, F: Send, T: Send",
    ),
    ("str", "split", "fn split<P>(self: &str, pat: P) -> Split<P> where P: Pattern"),
    ("str", "parse", "fn parse<F>(self: &str) -> Result<F, F::Err> where F: FromStr"),
    ("f64", "max", "fn max(self: f64, other: f64) -> f64"),
    ("f64", "sin", "fn sin(self: f64) -> f64"),
    ("i32", "pow", "fn pow(self: i32, exp: u32) -> i32"),
    ("*const", "read", "fn read(self: *const T) -> T where T: Sized"),
    ("[;]", "map", "fn map<F, U>(self: [T; N], f: F) -> [U; N] where F: FnMut(T) -> U"),
    ("[]", "iter", "fn iter(self: &[T]) -> Iter<T>"),
    # alloc's, which stand in no JSON of rustdoc
    ("[]", "sort_by_key", "fn sort_by_key<K, F>(self: &mut [T], f: F) -> () where F: FnMut(&T) -> K, K: Ord"),
    ("[]", "to_vec", "fn to_vec(self: &[T]) -> Vec<T, Global> where T: Clone"),
    ("str", "to_lowercase", "fn to_lowercase(self: &str) -> String"),
    ("core::ffi::c_str::CStr", "to_string_lossy", "fn to_string_lossy(self: &CStr) -> Cow<str>"),
]


@pytest.mark.parametrize(("head", "name", "expected"), INHERENT, ids=[f"{h}::{n}" for h, n, _ in INHERENT])
def test_inherent_method(db: StdDb, head: str, name: str, expected: str) -> None:
    assert methods(db, LANG.get(head, head), name) == [expected]


def test_inherent_methods_of_trait_objects(db: StdDb) -> None:
    assert methods(db, "dyn core::any::Any", "downcast_ref") == [
        f"fn downcast_ref<T>(self: {ty}) -> Option<&T> where T: Any"
        for ty in ("&dyn Any", "&(dyn Any + Send)", "&(dyn Any + Send + Sync)")
    ]
    assert methods(db, "dyn core::error::Error", "downcast")[0] == (
        "fn downcast<T>(self: Box<dyn Error, Global>) -> Result<Box<T, Global>, Box<dyn Error, Global>> where T: Error"
    )


FREE = [
    ("std::thread::spawn", "fn spawn<F, T>(f: F) -> JoinHandle<T> where F: FnOnce() -> T, F: Send, T: Send"),
    ("std::thread::scope", "fn scope<F, T>(f: F) -> T where F: FnOnce(&Scope) -> T"),
    ("std::mem::swap", "fn swap<T>(x: &mut T, y: &mut T) -> ()"),
    ("core::iter::from_fn", "fn from_fn<T, F>(f: F) -> FromFn<F> where F: FnMut() -> Option<T>"),
    ("std::array::from_fn", "fn from_fn<T, const N, F>(f: F) -> [T; N] where F: FnMut(usize) -> T"),
    (
        "std::panic::catch_unwind",
        "fn catch_unwind<F, R>(f: F) -> Result<R, Box<dyn Any + Send, Global>> where F: FnOnce() -> R, F: UnwindSafe",
    ),
    ("std::fs::read_to_string", "fn read_to_string<P>(path: P) -> Result<String, Error> where P: AsRef<Path>"),
]


@pytest.mark.parametrize(("path", "expected"), FREE, ids=[p for p, _ in FREE])
def test_function(db: StdDb, path: str, expected: str) -> None:
    found = db.resolve(path, VALUES)
    assert found is not None and found.kind is DefKind.FUNCTION
    assert show_fn(db.fn(found.path)) == expected


ITERATOR = [
    "fn map<B, F>(self: Self, f: F) -> Map<Self, F> where Self: Sized, F: FnMut(Self::Item) -> B",
    "fn filter<P>(self: Self, predicate: P) -> Filter<Self, P> where Self: Sized, P: FnMut(&Self::Item) -> bool",
    "fn fold<B, F>(self: Self, init: B, f: F) -> B where Self: Sized, F: FnMut(B, Self::Item) -> B",
    "fn collect<B>(self: Self) -> B where B: FromIterator<Self::Item>, Self: Sized",
    "fn zip<U>(self: Self, other: U) -> Zip<Self, U::IntoIter> where Self: Sized, U: IntoIterator",
    "fn cloned<T>(self: Self) -> Cloned<Self> where T: Clone, Self: Sized, Self: Iterator<Item = &T>",
    "fn next(self: &mut Self) -> Option<Self::Item>",
]


@pytest.mark.parametrize("expected", ITERATOR)
def test_iterator_method(db: StdDb, expected: str) -> None:
    name = expected.removeprefix("fn ").partition("(")[0].partition("<")[0]
    sig = db.fn(db.trait(LANG["Iterator"]).methods[name])
    assert show_fn(sig) == expected
    assert sig.container == LANG["Iterator"]
    assert sig.has_body == (name != "next")


IMPLS = [
    ("Iterator", "&mut", "impl<I> Iterator for &mut I where I: Iterator { Item = I::Item }"),
    ("IntoIterator", None, "impl<I> IntoIterator for I where I: Iterator { IntoIter = I Item = I::Item }"),
    (
        "IntoIterator",
        "Vec",
        "impl<T, A> IntoIterator for Vec<T, A> where A: Allocator { IntoIter = IntoIter<T, A> Item = T }",
    ),
    ("IntoIterator", "&", "impl<T, A> IntoIterator for &Vec<T, A> where A: Allocator { IntoIter = Iter<T> Item = &T }"),
    (
        "IntoIterator",
        "&mut",
        "impl<T, A> IntoIterator for &mut Vec<T, A> where A: Allocator { IntoIter = IterMut<T> Item = &mut T }",
    ),
    (
        "FnOnce",
        "Box",
        "impl<Args, F, A> FnOnce<Args> for Box<F, A> where Args: Tuple, F: FnOnce<Args>, A: Allocator "
        "{ Output = F::Output }",
    ),
    ("FnMut", "&mut", "impl<A, F> FnMut<A> for &mut F where A: Tuple, F: FnMut<A>"),
    ("Fn", "&", "impl<A, F> Fn<A> for &F where A: Tuple, F: Fn<A>"),
    ("Clone", "Arc", "impl<T, A> Clone for Arc<T, A> where A: Allocator, A: Clone"),
    ("Deref", "Arc", "impl<T, A> Deref for Arc<T, A> where A: Allocator { Target = T }"),
    ("Deref", "Vec", "impl<T, A> Deref for Vec<T, A> where A: Allocator { Target = [T] }"),
    (
        "Index",
        "Vec",
        "impl<T, I, A> Index<I> for Vec<T, A> where I: SliceIndex<[T]>, A: Allocator { Output = I::Output }",
    ),
    (
        "Index",
        "HashMap",
        "impl<K, Q, V, S, A> Index<&Q> for HashMap<K, V, S, A> where K: Eq, K: Hash, K: Borrow<Q>, Q: Eq, Q: Hash, "
        "S: BuildHasher, A: Allocator { Output = V }",
    ),
    ("Add", "String", "impl Add<&str> for String { Output = String }"),
    ("Add", "i32", "impl Add<i32> for i32 { Output = i32 }"),
    ("From", None, "impl<T> From<T> for T"),
    ("Into", None, "impl<T, U> Into<U> for T where U: From<T>"),
    ("ToString", None, "impl<T> ToString for T where T: Display"),
    ("PartialEq", "str", "impl PartialEq<String> for str"),
    ("Send", "Rc", "impl<T, A> !Send for Rc<T, A> where A: Allocator"),
    ("Send", "MutexGuard", "impl<T> !Send for MutexGuard<T>"),
    ("Sync", "Cell", "impl<T> !Sync for Cell<T>"),
    ("Send", "Vec", "impl<T, A> Send for Vec<T, A> where A: Send, T: Send"),
    ("Send", "&", "impl<T> Send for &T where T: Sync"),
    ("Copy", "Option", "impl<T> Copy for Option<T> where T: Copy"),
    ("Copy", "&", "impl<T> Copy for &T"),
    ("Drop", "Vec", "impl<T, A> Drop for Vec<T, A> where A: Allocator"),
    ("Debug", "(2)", "impl<U, T> Debug for (U, T) where U: Debug, T: Debug"),
    ("Try", "Option", "impl<T> Try for Option<T> { Output = T Residual = Option<Infallible> }"),
    ("CoerceUnsized", "Box", "impl<T, U, A> CoerceUnsized<Box<U, A>> for Box<T, A> where T: Unsize<U>, A: Allocator"),
]


@pytest.mark.parametrize(("trait", "head", "expected"), IMPLS, ids=[f"{t}-{h}" for t, h, _ in IMPLS])
def test_impl(db: StdDb, trait: str, head: str | None, expected: str) -> None:
    head = None if head is None else LANG.get(head, head)
    assert expected in [show_impl(i) for i in db.trait_impls(LANG[trait], head)]


def test_a_box_is_never_an_iterator_by_its_slice(db: StdDb) -> None:
    negative = [i for i in db.trait_impls(LANG["Iterator"], LANG["Box"]) if i.is_negative]
    assert [str(i.self_ty) for i in negative] == ["Box<[I], A>"]


def test_a_reserved_impl_is_none(db: StdDb) -> None:
    """`impl<T> From<!> for T` only reserves the right to be written."""
    assert "impl<T> From<!> for T" not in [show_impl(i) for i in db.trait_impls(LANG["From"], None)]


def test_method_of_an_impl(db: StdDb) -> None:
    (impl,) = db.trait_impls(LANG["Deref"], LANG["Vec"])
    sig = db.fn(impl.methods["deref"])
    assert show_fn(sig) == "fn deref(self: &Vec<T, A>) -> &[T]"
    assert (sig.container, sig.self_kind) == (impl.path, SelfKind.REF)
    assert db.impl(impl.path) is impl


def test_supertraits_are_predicates_on_self(db: StdDb) -> None:
    assert show_generics(db.trait(LANG["Fn"]).generics) == ("<Args>", " where Self: FnMut<Args>, Args: Tuple")


def test_associated_type_bounds(db: StdDb) -> None:
    into_iter = db.trait(LANG["IntoIterator"]).assoc_types["IntoIter"]
    assert [str(b) for b in into_iter.bounds] == ["Iterator<Item = Self::Item>"]


def test_unstable_methods_do_not_shadow(db: StdDb) -> None:
    """rustc leaves them out of look-ups, so that itertools' `intersperse` stays reachable."""
    assert "intersperse" not in db.trait(LANG["Iterator"]).methods
    assert not db.traits_with_method("intersperse")
    assert not db.traits_with_method("call")


def test_required_unstable_methods_stay(db: StdDb) -> None:
    assert list(db.trait(LANG["Fn"]).methods) == ["call"]
    assert show_fn(db.fn("core::ops::function::FnOnce::call_once")) == (
        "fn call_once(self: Self, args: Args) -> Self::Output"
    )


def test_traits_with_method(db: StdDb) -> None:
    assert db.traits_with_method("into_iter") == (LANG["IntoIterator"],)
    assert set(db.traits_with_method("write_str")) == {
        LANG["Write"],
    }
    assert db.traits_with_method("no_such_method") == ()


def test_receivers(db: StdDb) -> None:
    push = db.receivers_of("push")
    assert push.by_mut > 0 and push.by_value == push.copied == push.by_ref == 0
    unwrap = db.receivers_of("unwrap")
    assert unwrap.by_value == 2 and unwrap.copied == 0  # Option is not Copy for every T
    assert db.receivers_of("is_ascii_digit").by_ref == 2
    assert db.receivers_of("count_ones").copied > 0
    assert db.receivers_of("no_such_method") is None


def test_data_types(db: StdDb) -> None:
    option = db.adt(LANG["Option"])
    assert [(v.name, v.ctor, [str(f.ty) for f in v.fields]) for v in option.variants] == [
        ("None", CtorKind.UNIT, []),
        ("Some", CtorKind.TUPLE, ["T"]),
    ]
    vec = db.adt(LANG["Vec"])
    assert show_generics(vec.generics) == ("<T, A = Global>", " where A: Allocator")
    assert not any(f.is_public for f in vec.variants[0].fields)
    assert [(f.name, f.is_public) for f in db.adt(LANG["Range"]).variants[0].fields] == [("start", True), ("end", True)]
    assert db.adt(LANG["Box"]).is_fundamental
    assert db.adt("core::sync::atomic::Ordering").is_non_exhaustive


def test_alias(db: StdDb) -> None:
    found = db.resolve("std::io::Result", TYPES)
    assert found == Def(DefKind.TYPE_ALIAS, "std::io::error::Result")
    alias = db.alias(found.path)
    assert ([p.name for p in alias.generics.params], str(alias.ty)) == (["T"], "Result<T, Error>")


def test_values(db: StdDb) -> None:
    assert str(db.value(db.resolve("std::f64::consts::PI", VALUES).path).ty) == "f64"
    (usize,) = [i for i in db.inherent_impls("usize") if "MAX" in i.consts]
    assert str(usize.consts["MAX"]) == "usize"


RESOLVED = [
    ("std::collections::HashMap", TYPES, DefKind.STRUCT, LANG["HashMap"]),
    ("std::option::Option::Some", VALUES, DefKind.VARIANT, "core::option::Option::Some"),
    ("std::collections::hash_map::Entry", TYPES, DefKind.ENUM, "std::collections::hash::map::Entry"),
    ("std::sync::Mutex", TYPES, DefKind.STRUCT, LANG["Mutex"]),
    ("std::vec", TYPES, DefKind.MODULE, "alloc::vec"),
    ("std::vec", MACROS, DefKind.MACRO, "alloc::vec"),
    ("std::clone::Clone", TYPES, DefKind.TRAIT, LANG["Clone"]),
    ("std::clone::Clone", MACROS, DefKind.MACRO, "core::clone::Clone"),
    ("std::println", MACROS, DefKind.MACRO, "std::println"),
    ("std::primitive::bool", TYPES, DefKind.PRIMITIVE, "bool"),
    ("std::marker::PhantomData", VALUES, DefKind.STRUCT, LANG["PhantomData"]),
    ("std::cmp::Reverse", VALUES, DefKind.STRUCT, "core::cmp::Reverse"),
    ("std::mem::transmute", VALUES, DefKind.FUNCTION, "core::intrinsics::transmute"),
    ("std::thread::LocalKey", TYPES, DefKind.STRUCT, LANG["LocalKey"]),
]


@pytest.mark.parametrize(
    ("path", "namespace", "kind", "expected"), RESOLVED, ids=[f"{r[0]}-{r[1].value}" for r in RESOLVED]
)
def test_resolve(db: StdDb, path: str, namespace: Namespace, kind: DefKind, expected: DefPath) -> None:
    assert db.resolve(path, namespace) == Def(kind, expected)


def test_private_constructors_are_not_exported(db: StdDb) -> None:
    assert db.resolve("std::num::Wrapping", VALUES) is not None
    assert db.resolve("std::num::NonZero", VALUES) is None


def test_preludes(db: StdDb) -> None:
    names = {
        edition: {name for namespace, name in db.children(f"std::{module}") if namespace is TYPES}
        for edition, module in PRELUDES.items()
    }
    assert names["2015"] == names["2018"]
    assert names["2021"] - names["2018"] == {"FromIterator", "TryFrom", "TryInto"}
    assert names["2024"] - names["2021"] == {"Future", "IntoFuture"}
    assert {"Fn", "FnMut", "FnOnce", "Vec", "String", "Option", "Iterator", "Clone", "ToString"} <= names["2015"]
    assert (VALUES, "Some") in db.children("std::prelude::v1")
    assert (TYPES, "Vec") not in db.children("core::prelude::rust_2021")


@pytest.mark.parametrize("name", LANG)
def test_lang_item_exists(db: StdDb, name: str) -> None:
    path = LANG[name]
    assert db.adt(path) is not None or db.trait(path) is not None


def test_what_is_not_there_is_none(db: StdDb) -> None:
    assert db.adt("core::option::Options") is None
    assert db.fn("core::option::{impl#99999}::map") is None
    assert db.fn("core::option::{impl#x}::map") is None
    assert db.impl("core::option::{impl#99999}") is None
    assert db.impl("nowhere::{impl#0}") is None
    assert not db.children("std::nowhere")
    assert not db.trait_impls("core::nothing::Trait", None)
    assert not db.inherent_impls("Foo")
    assert db.resolve("serde::Serialize", TYPES) is None
