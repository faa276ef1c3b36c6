//! Closures inside of the markup macros of web frameworks.
pub mod with_dioxus;
pub mod with_leptos;
pub mod with_yew;
pub mod with_sycamore;
