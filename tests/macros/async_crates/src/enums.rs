//! Derives that add functions to enums, strings whose indentation a macro takes away, a library not called as its package.

use enum_as_inner::EnumAsInner;
use indoc::{formatdoc, indoc};
use ref_cast::RefCast;

#[derive(Debug, Clone, EnumAsInner)]
pub enum Part {
    Empty,
    Text(String),
    Pair(u32, String),
    IOError { code: i32 },
}

#[derive(RefCast)]
#[repr(transparent)]
pub struct Name(String);

impl Name {
    pub fn parts(&self) -> Option<Vec<String>> {
        Some(self.0.split('.').map(|part| part.to_owned()).collect())
    }
}

pub fn texts(parts: &[Part], least: usize) -> Vec<&String> {
    parts.iter().filter_map(|part| part.as_text().filter(|text| text.len() > least)).collect()
}

pub fn pairs(parts: Vec<Part>, by: u32) -> Vec<(u32, String)> {
    parts.into_iter().filter(|part| !part.is_empty()).filter_map(|part| part.into_pair().ok().map(|(n, text)| (n + by, text))).collect()
}

pub fn codes(mut parts: Vec<Part>, code: i32) -> bool {
    parts.iter_mut().for_each(|part| {
        part.as_io_error_mut().into_iter().for_each(|old| *old = code);
    });
    parts.iter().any(|part| part.as_pair().is_some_and(|(n, _)| *n as i32 == code))
}

pub fn names(all: &[String], n: usize) -> usize {
    all.iter().map(|one| Name::ref_cast(one).parts().map_or(0, |parts| parts.len() + n)).sum()
}

pub fn report(name: String, count: usize) -> impl Fn() -> String {
    let head = indoc! {"
        # Report
          of all
    "};
    move || formatdoc! {"
        {head}{name}: {}
          of {count}
    ", count + 1}
}

pub fn read(pieces: &[Vec<u8>], least: usize) -> Vec<&str> {
    pieces.iter().filter_map(|piece| utf8::decode(piece).ok().filter(|text| text.len() > least)).collect()
}
