"""The signatures of dependencies, kept for all projects of a user and made when they are first asked for.

`keys` says when two crates are the same, `store` keeps them in one SQLite database, `builder` makes what is missing in
this process, `background` has another process make it (`worker`) and answers at once.

Invariant: an answer is that of the crate's source, or `Absent` with a reason; whatever happens to the database costs
time and nothing else.
"""
