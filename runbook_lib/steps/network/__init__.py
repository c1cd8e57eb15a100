"""A private endpoint with its virtual network and DNS zone."""
