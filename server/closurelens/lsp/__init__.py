"""The language server: messages in, features asked, messages out.

Start at `server.main`. `transport` reads bytes, `protocol` dispatches, `session` holds what is known of the client and
its documents, `handlers/` has one module a feature. Invariant: handlers run on the event loop, one at a time, in
the order in which the client sent their messages.
"""
