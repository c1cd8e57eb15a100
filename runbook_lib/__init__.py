"""Guided runbook for setting up Azure Digital Twins."""
