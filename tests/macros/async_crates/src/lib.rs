//! Closures around and inside of the macros that crates of the async world use.
pub mod attributes;
pub mod derives;
pub mod enums;
pub mod items;
pub mod newtypes;
pub mod self_referencing;
pub mod select;
pub mod tracing_macros;
pub mod wire;
