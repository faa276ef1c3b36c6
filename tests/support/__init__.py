"""What tests share: Markdown cases, and the adapters that run them."""
