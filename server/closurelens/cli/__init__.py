"""The command line: `captures`, `explain`, `lsp`.

Start at `main`. Invariant: modules that a command does not need are imported inside of the command, so that starting
is fast.
"""
