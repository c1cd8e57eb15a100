"""Refusals of deployments."""

from __future__ import annotations

from ..errors import ArmError, gateway


def not_simulated(what: str) -> ArmError:
    """Refuse: Azure can do this, but the sandbox can't."""
    return ArmError(400, "SandboxNotSimulated", f"The sandbox does not simulate {what}. Azure does.")


def invalid_template(problem: str) -> ArmError:
    """Refuse: the template breaks the language's rules. The code is documented, the sentence's end is ours."""
    return gateway(400, "InvalidTemplate", f"Deployment template validation failed: '{problem}'.")
