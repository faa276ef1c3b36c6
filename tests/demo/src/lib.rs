//! Closures of every kind that the lessons on closures show, for `closurelens captures tests/demo`.

#![allow(unused, clippy::all)]

pub mod callbacks;
pub mod environment;
pub mod functions;
pub mod implementation;
pub mod traits;
pub mod wasm;
