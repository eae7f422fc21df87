"""Whether two places hold the same: digests of spaces, and of what a server holds."""
