"""Expands macro calls: `macro_rules!` by rustc's matcher, and the macros of std as modelled here.

Invariant: an expansion depends only on the macro, its argument tokens, the position it stands in and the `Expander`'s
context; any bytes give an answer, and what cannot be expanded is a `Failure` with a reason.
"""
