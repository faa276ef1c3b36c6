"""What each closure captures, and how: rustc's upvar analysis.

Invariant: reads bodies and their inference results, nothing else; the result does not depend on the order of questions.
"""
