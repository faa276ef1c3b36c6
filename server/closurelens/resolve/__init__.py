"""What names mean: module trees, imports, paths, signatures of source items, and the scopes of a body.

`program` is the way in: it implements `ty.sig.SigDb` over std and all source crates. Below it, `crate_tree` (modules of
one crate, filled by `filing`, with macros from `macro_scope`), `names` and `globs` (look-up), `resolver` and
`lower_types` (paths and types from where they stand), `signatures`, `impl_index`. What derives and attributes of other
crates add is data in `derive_models`, `attribute_models` and `made_items`; `derives` finds them. `bodies`
lists what inference starts from, `body_scope` says which binding a name in a body is.

Invariant: nothing here looks at a function body to answer a question about another item, and nothing reads a file: text
comes through the `read` callable given to `Program`. Everything is computed when it is asked for and remembered: a
module whose names nobody looks up is never read. Odd input (cyclic imports, aliases or modules, missing files) gives
an answer with less in it, never an exception; what cannot be resolved is `Unknown` with a reason.
"""
