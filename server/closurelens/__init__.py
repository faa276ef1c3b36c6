"""Explains Rust closures by the compiler's own rules; `server/ARCHITECTURE.md` is the map."""

__version__ = "0.1.0"
