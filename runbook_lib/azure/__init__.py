"""Access to Azure: the target, its clients, waiting, and permissions."""
