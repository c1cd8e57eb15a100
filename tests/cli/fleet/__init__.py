"""`runbook fleet`."""
