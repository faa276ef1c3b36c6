"""Signatures of core, alloc and std, made ahead of time from rustdoc's JSON (`server/tools/stdsig_build.py`)."""
