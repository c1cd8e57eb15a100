"""Recorded exchanges of Azure's real services, sent again to the sandbox and compared, one after the other."""
