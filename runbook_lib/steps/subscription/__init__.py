"""What a subscription holds: resource providers, resource groups, instances."""
