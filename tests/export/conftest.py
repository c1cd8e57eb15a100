"""The worlds of the steps' tests."""

from tests.steps.conftest import az, quick, ready, world

__all__ = ["az", "quick", "ready", "world"]
