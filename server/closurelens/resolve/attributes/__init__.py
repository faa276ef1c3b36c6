"""What attribute macros make of the item they stand on, found out by reading their crate's source; nothing is run."""
