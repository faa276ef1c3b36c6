"""From a file to its crate, without running cargo.

Start at `load.load_project`; everything else here is pure and works on texts and plain values. Paths are strings with
forward slashes on every platform (see `paths`).
"""
