"""What a run planned, did and verified, on disk."""
