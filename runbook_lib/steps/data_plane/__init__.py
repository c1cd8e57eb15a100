"""An instance's data: access to it, and what others have put there."""
