"""Enable private access."""
