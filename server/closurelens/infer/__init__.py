"""Types of every expression and pattern of one body, with the adjustments rustc inserts.

Invariant: an answer that rests on a guess says so; nothing here decides what a closure captures.
"""
