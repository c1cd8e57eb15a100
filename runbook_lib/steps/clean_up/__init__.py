"""Remove what this run made."""
