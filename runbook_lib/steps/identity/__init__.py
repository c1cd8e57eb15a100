"""Enable or disable managed identities."""
