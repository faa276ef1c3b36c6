"""Asks rustc itself what closures capture.

Invariant: this is the only layer that compiles anything, and only when called. Consent is the caller's affair.
"""

from closurelens.exact.ask import FileOptions, ask_crate, ask_file, ask_sources
from closurelens.exact.cargo import CrateOptions
from closurelens.exact.model import ExactAnswers, ExactFailure

__all__ = ["CrateOptions", "ExactAnswers", "ExactFailure", "FileOptions", "ask_crate", "ask_file", "ask_sources"]
