"""Attribute macros of published crates that leave the code of what they stand on as it is written.

They may wrap a function's body in an `async` block, a closure or another function, or add items beside it; the closures
in it capture the same places. Macros are named as in `derive_models`; where the source of their crate is not at hand,
by the path that users write.
"""

from __future__ import annotations

from typing import Final

_MODELLED = """
    actix_macros::main actix_macros::test actix_web_codegen::connect actix_web_codegen::delete actix_web_codegen::get
    actix_web_codegen::head actix_web_codegen::main actix_web_codegen::options actix_web_codegen::patch
    actix_web_codegen::post actix_web_codegen::put actix_web_codegen::route actix_web_codegen::test
    async_attributes::bench async_attributes::main async_attributes::test async_recursion::async_recursion
    async_trait::async_trait axum_macros::debug_handler axum_macros::debug_middleware comemo_macros::memoize
    comemo_macros::track ctor::ctor dioxus_core_macro::component instability::unstable leptos_macro::component
    leptos_macro::island leptos_macro::slot pin_project_internal::pin_project pin_project_internal::pinned_drop
    quickcheck_macros::quickcheck recursive_proc_macro_impl::recursive rhai_codegen::export_fn
    rhai_codegen::export_module rhai_codegen::expose_under_internals rstest_macros::fixture rstest_macros::rstest
    rust_analyzer_salsa_macros::database rustversion::attr salsa_macros::accumulator salsa_macros::database
    salsa_macros::db salsa_macros::tracked sealed::sealed serial_test_derive::parallel serial_test_derive::serial
    smol_potat_macro::main sycamore_macro::component test_case_macros::test_case test_log_macros::test
    tokio_macros::main tokio_macros::main_fail tokio_macros::main_rt tokio_macros::test tokio_macros::test_fail
    tokio_macros::test_rt tracing_attributes::instrument wasm_bindgen_macro::wasm_bindgen
    wasm_bindgen_test_macro::wasm_bindgen_test yew_macro::function_component yew_macro::hook
"""

_WRITTEN = """
    actix_web::main actix_web::test async_recursion::async_recursion async_std::main async_std::test
    async_trait::async_trait axum::debug_handler ctor::ctor dioxus::prelude::component leptos::component leptos::slot
    pin_project::pin_project pin_project::pinned_drop recursive::recursive rstest::rstest salsa::accumulator
    salsa::database salsa::db salsa::tracked serial_test::serial sycamore::component test_case::test_case
    test_log::test tokio::main tokio::test tracing::instrument wasm_bindgen::prelude::wasm_bindgen
    wasm_bindgen_test::wasm_bindgen_test yew::component yew::function_component yew::hook
"""

TRANSPARENT: Final = frozenset([*_MODELLED.split(), *_WRITTEN.split()])

_BLOCKING = """
    actix_macros::main actix_macros::test actix_web::main actix_web::test actix_web_codegen::main
    actix_web_codegen::test async_attributes::main async_attributes::test async_std::main async_std::test
    smol_potat_macro::main tokio::main tokio::test tokio_macros::main tokio_macros::main_fail tokio_macros::main_rt
    tokio_macros::test tokio_macros::test_fail tokio_macros::test_rt
"""
BLOCKING: Final = frozenset(_BLOCKING.split())
"""What makes an ordinary function of an `async fn`: it runs the body to its end."""

PERHAPS_BLOCKING: Final = {"maybe_async::maybe_async": "is_sync"}
"""With this feature of their crate they take the `async` away from functions, impls and traits."""

RUNS_HOOKS: Final = frozenset(
    f"{crate}::{name}" for crate in ("yew", "yew_macro") for name in ("component", "function_component", "hook")
)
"""What makes `Hook::run(use_it(), context)` of `use_it()` in a function's body."""

BOXING: Final = frozenset(["async_trait::async_trait", "async_recursion::async_recursion"])
"""What makes an `async fn` return `Pin<Box<dyn Future + Send>>`; on a trait or impl, for all its functions."""

SELF_ALIAS: Final = {"async_trait::async_trait": "__self"}
"""How macros call `self` in the bodies of `async fn`s, where users may write that as well."""
