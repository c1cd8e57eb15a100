"""Set up user access."""
