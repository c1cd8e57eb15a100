"""Before the first step: who you are, what you can do, what exists."""
