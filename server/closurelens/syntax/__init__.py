"""From bytes to trees: the only layer that knows tree-sitter.

The way of a file: `chunks` (a file as its function-like items) finds items with `items` and `lex` and keeps the rest
as a `skeleton`; a chunk's text goes through `parse`, which asks `repair` about what the grammar lacks; `materialise`
copies the parser's tree into `node`s and `restore` puts back what was hidden. `nodes` is the entrance for any text,
`tokens` for what stands inside of macros.

Invariant: nothing that leaves this layer refers to the parser, and every result is a function of the text alone.
"""
