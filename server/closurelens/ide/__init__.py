"""Features: what is shown and offered, as plain data.

Invariant: nothing here knows of LSP, lines are only for people's eyes, and every offset is a byte of the file. A
feature is a pure function of a `FileView`, so it can be asked again at any time.
"""
