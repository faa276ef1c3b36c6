"""From syntax to `hir`: items, and the body of one function, const or static.

Invariant: any tree gives a result, also that of a prefix of a file; what could not be lowered is a `Missing`, an
`ErrorType`, a `MissingPat` or an `ErrorItem` with a reason. Nothing is resolved here, no type is known.

`items` lowers what a file, impl, trait or block declares; `body` starts on a body and uses `exprs` (which hands on to
`chains`, `control`, `closures`, `blocks`, `calls`), `pats` and `types`. `macros` lowers what a call expands to, and
`salvage` what does not parse or expand.
"""
