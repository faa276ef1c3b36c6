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
    async_attributes::bench async_attributes::main async_attributes::test async_graphql_derive::ComplexObject
    async_graphql_derive::Object async_graphql_derive::Scalar async_graphql_derive::Subscription
    async_recursion::async_recursion async_trait::async_trait axum_macros::debug_handler axum_macros::debug_middleware
    comemo_macros::memoize comemo_macros::track ctor::ctor dioxus_core_macro::component instability::unstable
    juniper_codegen::graphql_object juniper_codegen::graphql_subscription leptos_macro::component leptos_macro::island
    leptos_macro::slot mockall_derive::automock openraft_macros::add_async_trait openraft_macros::since
    pin_project_internal::pin_project pin_project_internal::pinned_drop
    poem_openapi_derive::OpenApi proc_macro_error_attr2::proc_macro_error proc_macro_error_attr::proc_macro_error
    pyo3_macros::pyfunction pyo3_macros::pymethods quickcheck_macros::quickcheck recursive_proc_macro_impl::recursive
    rhai_codegen::export_fn rhai_codegen::export_module rhai_codegen::expose_under_internals rocket_codegen::async_test
    rocket_codegen::catch rocket_codegen::delete rocket_codegen::get rocket_codegen::head rocket_codegen::launch
    rocket_codegen::main rocket_codegen::options rocket_codegen::patch rocket_codegen::post rocket_codegen::put
    rocket_codegen::route rstest_macros::fixture rstest_macros::rstest rust_analyzer_salsa_macros::database
    salsa_macros::accumulator salsa_macros::database salsa_macros::db salsa_macros::tracked salvo_macros::handler
    sealed::sealed serial_test_derive::parallel serial_test_derive::serial smol_potat_macro::main
    sycamore_macro::component tauri_macros::command test_case_macros::test_case test_log_macros::test tokio_macros::main
    tokio_macros::main_fail tokio_macros::main_rt tokio_macros::test tokio_macros::test_fail tokio_macros::test_rt
    tracing_attributes::instrument utoipa_gen::path wasm_bindgen_macro::wasm_bindgen
    wasm_bindgen_test_macro::wasm_bindgen_test yew_macro::function_component yew_macro::hook zbus_macros::interface
"""

_WRITTEN = """
    actix_web::main actix_web::test async_graphql::ComplexObject async_graphql::Object async_graphql::Scalar
    async_graphql::Subscription async_recursion::async_recursion async_std::main async_std::test
    async_trait::async_trait axum::debug_handler ctor::ctor dioxus::prelude::component juniper::graphql_object
    juniper::graphql_subscription leptos::component leptos::slot mockall::automock pin_project::pin_project
    pin_project::pinned_drop poem_openapi::OpenApi proc_macro_error2::proc_macro_error
    proc_macro_error::proc_macro_error recursive::recursive rocket::async_test rocket::catch rocket::delete rocket::get
    rocket::head rocket::launch rocket::main rocket::options rocket::patch rocket::post rocket::put rocket::route
    rstest::rstest salsa::accumulator salsa::database salsa::db salsa::tracked salvo::handler serial_test::serial
    sycamore::component tauri::command test_case::test_case test_log::test tokio::main tokio::test tracing::instrument
    utoipa::path wasm_bindgen::prelude::wasm_bindgen wasm_bindgen_test::wasm_bindgen_test yew::component
    yew::function_component yew::hook zbus::interface
"""

TRANSPARENT: Final = frozenset([*_MODELLED.split(), *_WRITTEN.split()])

_BLOCKING = """
    actix_macros::main actix_macros::test actix_web::main actix_web::test actix_web_codegen::main
    actix_web_codegen::test async_attributes::main async_attributes::test async_std::main async_std::test
    rocket::async_test rocket::main rocket_codegen::async_test rocket_codegen::main smol_potat_macro::main tokio::main
    tokio::test tokio_macros::main tokio_macros::main_fail tokio_macros::main_rt tokio_macros::test
    tokio_macros::test_fail tokio_macros::test_rt
"""
BLOCKING: Final = frozenset(_BLOCKING.split())
"""What makes an ordinary function of an `async fn`: it runs the body to its end."""

PUBLISHING: Final = frozenset(["rhai_codegen::expose_under_internals"])
"""What makes private functions seen in the whole crate at least."""

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
