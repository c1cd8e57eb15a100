"""Refusals of deployments."""

from __future__ import annotations

from ..errors import ArmError, gateway, not_simulated

__all__ = ["invalid_template", "not_simulated"]


def invalid_template(problem: str) -> ArmError:
    """Refuse: the template breaks the language's rules. The code is documented, the sentence's end is ours."""
    return gateway(400, "InvalidTemplate", f"Deployment template validation failed: '{problem}'.")
