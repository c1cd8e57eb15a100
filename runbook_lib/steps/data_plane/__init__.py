"""An instance's data: the way in, and what others keep there."""
