"""Principals of the directory and their role assignments."""
