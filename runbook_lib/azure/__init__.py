"""The way to Azure: where it is, its clients, waiting for it, and who can do what there."""
