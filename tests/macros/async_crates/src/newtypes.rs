//! Types whose impls `derive_more` and `strum` make, and a function whose body an attribute wraps in a closure.

use derive_more::{Add, AsRef, Constructor, Deref, DerefMut, Display, From, Index, Into, IntoIterator, IsVariant};
use derive_more::{TryUnwrap, Unwrap};
use strum::IntoEnumIterator;

#[derive(Clone, Debug)]
pub struct Name {
    text: String,
    uses: usize,
}

#[derive(Clone, Debug, Deref, DerefMut, From, Into)]
pub struct Owner(Name);

#[derive(Deref)]
pub struct Tagged {
    #[deref]
    name: Name,
    tag: String,
}

#[derive(Deref)]
pub struct Forward(#[deref(forward)] Box<Name>);

#[derive(Clone, Copy, Add, Constructor, Display)]
#[display("{x}")]
pub struct Point {
    x: i32,
    y: i32,
}

#[derive(AsRef, Index, IntoIterator)]
pub struct Names(#[into_iterator(owned)] Vec<Name>);

#[derive(Debug, From, IsVariant, TryUnwrap, Unwrap)]
#[unwrap(owned, ref)]
pub enum Value {
    Number(i64),
    LongText(String),
    Nothing,
}

#[derive(Clone, Copy, Debug, strum::AsRefStr, strum::EnumIter, strum::IntoStaticStr)]
pub enum Color {
    Red,
    Green,
}

pub fn through_deref(mut owner: Owner, tagged: Tagged) -> usize {
    let read = || owner.text.len() + tagged.text.len() + tagged.tag.len();
    let n = read();
    let mut write = || owner.uses += n;
    write();
    let taken = move || -> Name { owner.into() };
    taken().uses
}

pub fn forwarded(forward: Forward) -> usize {
    let read = || forward.text.len();
    read()
}

pub fn operators(p: Point, q: Point) -> String {
    let sum = || p + q;
    let show = move || Point::new(p.x, q.y).to_string();
    format!("{}{}", sum(), show())
}

pub fn collections(names: Names) -> Vec<String> {
    let first = || names[0].clone();
    let texts: &Vec<Name> = names.as_ref();
    let count = || texts.iter().filter(|name| name.uses > 0).count();
    let _ = (first(), count());
    let all = || names.into_iter().map(|name| name.text).collect();
    all()
}

pub fn variants(value: Value, other: Value, third: Value) -> String {
    let is = || value.is_long_text();
    let text = || value.unwrap_long_text_ref().len();
    let _ = (is(), text());
    let owned = || value.unwrap_long_text();
    let tried = || other.try_unwrap_number().map(|n| n + 1);
    let _ = tried();
    let whole = move || Value::from(format!("{third:?}"));
    let _ = whole();
    owned()
}

pub fn colors(wanted: &str, color: Color) -> Option<Color> {
    let name = || <&'static str>::from(color).len() + color.as_ref().len();
    let _ = name();
    Color::iter().find(|one| one.as_ref() == wanted)
}

#[recursive::recursive]
pub fn deep(mut names: Vec<Name>, depth: usize) -> usize {
    let mut push = |name: Name| names.push(name);
    push(Name { text: String::new(), uses: depth });
    let read = || names.len() + depth;
    if depth == 0 { read() } else { deep(names, depth - 1) }
}
