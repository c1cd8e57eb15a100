"""Measurements. They are run by hand (`python -m tests.benchmarks.load`), because a busy machine fails no test."""
