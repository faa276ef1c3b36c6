"""Types and signatures: what an item says of itself, whichever crate it comes from.

Invariant: nothing here knows where a signature was read (source, database) or how types are inferred.
"""
