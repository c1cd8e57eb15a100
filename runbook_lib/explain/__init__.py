"""What Azure's errors mean, what to do about them, and who can do it."""
