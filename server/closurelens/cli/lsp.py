"""Starts the language server."""

from __future__ import annotations

import sys


def lsp(tcp: str | None) -> int:
    """`tcp`: HOST:PORT to listen on, None for standard input and output."""
    address: tuple[str, int] | None = None
    if tcp is not None:
        host, colon, port = tcp.rpartition(":")
        if not colon or not port.isdecimal() or int(port) > 65535:
            print(f"closurelens lsp: --tcp wants HOST:PORT, not `{tcp}`", file=sys.stderr)
            return 2
        address = (host or "127.0.0.1", int(port))
    from closurelens.lsp.server import main

    return main(address)
