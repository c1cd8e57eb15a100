"""Checks of private access: its parts, its connections, the public switch, and what a client on this machine gets."""

from __future__ import annotations

from ...azure.clients import Clients
from ...azure.waiting import Waiting
from ..core.context import Progress
from ..core.results import Check, Verification
from ..data_plane import access, probe
from ..data_plane.access import Host
from ..network import checks as network_checks
from ..network.checks import check
from ..network.plan import NO_SECOND_CHANCE
from .plan import STATUS, Findings

STEP = "private-access"
SPREAD_SECONDS = 60.0
"""How long a client can get the old answer after a change of public access; an estimate, not a recording."""
OUTSIDE = "Machines that connect over the public network are outside, and the sandbox's clients always are."


def verify(clients: Clients, found: Findings, waiting: Waiting, progress: Progress) -> Verification:
    """Check against the request, and try how the instance answers this machine."""
    checks: list[Check] = []
    if found.topology.endpoint or found.wanted.create_private_endpoint:
        checks += network_checks.checks(found.topology, found.own, str(found.instance.host_name))
    checks += [*_decision(found), _switch(found), _from_here(clients, found, waiting, progress)]
    title = f"Private access to {found.instance.name}"
    return Verification.of(
        STEP, checks, f"{title} is as requested", f"{title} isn't as requested", important_values(found)
    )


def important_values(found: Findings) -> dict[str, str]:
    """Return the values to note, with the portal's labels."""
    values = {
        "Name": str(found.instance.name),
        "Host name": str(found.instance.host_name or ""),
        "Public network access": found.public_access,
    }
    return values | network_checks.values(found.topology, found.own)


def _decision(found: Findings) -> list[Check]:
    wanted = found.wanted.decision
    if wanted == "keep":
        return []
    status, there = STATUS[wanted], found.chosen
    remedy = NO_SECOND_CHANCE if there and there.status == "Rejected" else ""
    return [check(f"The connection is {status}", bool(there and there.status == status), str(there or "none"), remedy)]


def _switch(found: Findings) -> Check:
    wanted, now = found.wanted.public_network_access, found.public_access
    if wanted == "keep":
        return Check("Public network access is left as it is", "passed", now)
    return check(f"Public network access is {wanted}", now.lower() == wanted, now)


def _from_here(clients: Clients, found: Findings, waiting: Waiting, progress: Progress) -> Check:
    """Read the data from this machine, as the signed-in account, and compare the result with the switch."""
    host = Host(str(found.instance.host_name), found.scope, found.subscription.id)
    role = access.assigned(clients, host, access.READ)
    shut = found.public_access == "Disabled"
    name = f"Clients outside are {'refused, whatever their role' if shut else 'let in'}"
    progress.phase("Reading the data from this machine")

    def look() -> probe.Reading:
        return probe.steady(lambda: access.read(clients, host), accepted=not shut)

    reading = look()
    if (role or reading.result == "blocked") and _refused(reading) != shut:
        seconds = min(SPREAD_SECONDS, found.wanted.timeout_minutes * 60)
        progress.phase("Waiting for the change to reach every server", SPREAD_SECONDS)
        waiting.until(lambda: True if _refused(look()) == shut else None, seconds, first=1)
        reading = look()
    return _assess(name, reading, role or "", shut=shut)


def _refused(reading: probe.Reading) -> bool:
    return not reading.accepted


def _assess(name: str, reading: probe.Reading, role: str, *, shut: bool) -> Check:
    if not role and reading.result == "refused":
        remedy = "Give yourself a role for the data with 02-assign-access, then run this check again."
        evidence = f"{reading.evidence}, but you don't seem to have a role for the data, so that proves nothing."
        return Check(name, "not tried", evidence, remedy)
    through = f"although you have {role}" if role and _refused(reading) else f"as {role}" if role else "as yourself"
    evidence = f"{reading.evidence}, {through}. {OUTSIDE}"
    if _refused(reading) == shut:
        return Check(name, "passed", evidence)
    if shut:
        # Not a failure: the notebook could be running inside the virtual network.
        remedy = "This machine connects through a private endpoint, or the change hasn't reached every server yet."
        return Check(name, "not tried", evidence, remedy)
    remedy = "If the role is new, it can take up to 10 minutes to work. Run this check again."
    return Check(name, "failed", evidence, remedy)
