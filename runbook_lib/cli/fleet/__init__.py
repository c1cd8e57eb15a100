"""`runbook fleet`: many instances, a run each."""
