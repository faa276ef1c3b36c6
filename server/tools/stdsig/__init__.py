"""Makes the std database from rustdoc's JSON: rustdoc -> lower -> select -> pack."""
