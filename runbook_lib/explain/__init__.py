"""What Azure's errors mean here: from an exception to a message, a remedy, and who can apply it."""
