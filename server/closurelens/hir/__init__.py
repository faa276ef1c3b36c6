"""Lowered items and function bodies, and where each part stands in the source.

Invariant: nothing here knows what a name refers to or what type anything has.
"""
