"""What names mean: module trees, imports, paths, signatures of source items, and the scopes of a body.

Invariant: nothing here looks at a function body to answer a question about another item, and nothing reads a file: text
comes through the `read` callable given to `Program`. Everything is computed when it is asked for and remembered: a
module whose names nobody looks up is never read. Odd input (cyclic imports, aliases or modules, missing files) gives
an answer with less in it, never an exception; what cannot be resolved is `Unknown` with a reason.
"""
