"""What each closure captures, and how: rustc's upvar analysis.

Invariant: reads bodies and their inference results, nothing else; the result does not depend on the order of questions.
Read `tree` (which closures), `use_visitor` (what their bodies use), `precision` and `min_captures` (what that makes
them capture), `upvars` (all of it); `guesses` and `Doubt` are about what is not known.
"""

from closurelens.capture.upvars import analyze

__all__ = ["analyze"]
