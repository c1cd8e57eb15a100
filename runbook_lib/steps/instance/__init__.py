"""Create the instance."""
