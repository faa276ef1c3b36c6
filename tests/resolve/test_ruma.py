"""What `#[request]` and `#[response]` of ruma make of the structs of an endpoint."""

from __future__ import annotations

import pytest
from resolve_fixture import Fixture, load

from closurelens.ty.display import display

TEXT = """
//# crate krate /lib.rs deps=ruma_common cfg=feature:{feature}
//# crate ruma_common /ruma.rs member=no deps=ruma_macros
//# crate ruma_macros /macros.rs member=no kind=proc-macro
pub mod sync {
    use ruma_common::api::{request, response};
    #[request(error = Failure<u8>)] pub struct Request { pub since: String }
    #[response] pub struct Response { #[ruma_api(header = X)] pub rooms: Vec<u8> }
    pub struct Failure<T>(T);
}
pub mod other { #[unheard::request] pub struct Request { pub a: u8 } }
//- /ruma.rs
pub mod api {
    pub use ruma_macros::{request, response};
    pub trait OutgoingRequest { type EndpointError; type IncomingResponse: IncomingResponse; }
    pub trait IncomingRequest { type EndpointError; type OutgoingResponse: OutgoingResponse; }
    pub trait IncomingResponse { type EndpointError; }
    pub trait OutgoingResponse {}
    pub mod error { pub struct Error; }
}
//- /macros.rs
#[proc_macro_attribute] pub fn request(args: TokenStream, item: TokenStream) -> TokenStream { opaque::call(item) }
#[proc_macro_attribute] pub fn response(args: TokenStream, item: TokenStream) -> TokenStream { opaque::call(item) }
"""


def _fixture(feature: str) -> Fixture:
    return load(TEXT.replace("{feature}", feature))


def _told(fixture: Fixture, trait: str, ty: str) -> list[dict[str, str]]:
    found = fixture.program.trait_impls(f"ruma_common::api::{trait}", f"krate::{ty}")
    return [{name: display(one) for name, one in impl.assoc_types.items()} for impl in found]


@pytest.mark.parametrize("feature", ["client", "server"])
def test_a_request_leads_to_its_response(feature: str) -> None:
    fixture = _fixture(feature)
    mine, theirs = ("Outgoing", "Incoming") if feature == "client" else ("Incoming", "Outgoing")
    assert _told(fixture, f"{mine}Request", "sync::Request") == [
        {"EndpointError": "Failure<u8>", f"{theirs}Response": "Response"}
    ]
    assert _told(fixture, f"{theirs}Request", "sync::Request") == []


def test_a_response_is_read_or_written() -> None:
    assert _told(_fixture("client"), "IncomingResponse", "sync::Response") == [{"EndpointError": "Error"}]
    assert _told(_fixture("server"), "OutgoingResponse", "sync::Response") == [{}]
    assert _told(_fixture("server"), "IncomingResponse", "sync::Response") == []


def test_nothing_else_is_made() -> None:
    program = _fixture("client").program
    for name in ("sync::Request", "sync::Response"):
        assert list(program.unknown_derives(f"krate::{name}")) == []
        assert len(program.trait_impls("core::clone::Clone", f"krate::{name}")) == 1
    assert list(program.unknown_derives("krate::other::Request"))
