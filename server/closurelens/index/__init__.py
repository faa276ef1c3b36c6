"""What is kept between runs: the signatures of dependencies, for all projects of a user, made when they are first asked
for; and the command line's answers.

`keys` says when two crates are the same, `store` keeps them in one SQLite database, `builder` makes what is missing in
this process, `background` has another process make it (`worker`) and answers at once. `answers`
says whether an earlier answer still stands.

Invariant: an answer is that of the crate's source, or `Absent` with a reason; whatever happens to the database costs
time and nothing else.
"""
