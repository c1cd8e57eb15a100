"""The exercises, each with two plausible wrong repairs and what their checks say of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runbook_lib.exercises import staging
from runbook_lib.exercises.access import DATA_OWNER
from runbook_lib.exercises.bench import person
from runbook_lib.exercises.exercise import Exercise

Wrong = tuple[str, Callable[[Exercise], None], str]
"""What it is, the repair, and a part of what the check has seen."""


@dataclass(frozen=True)
class Case:
    """One exercise."""

    name: str
    wrong: tuple[Wrong, Wrong]


def gives(role: str, to: str, *, by: str = "", above: bool = False) -> Callable[[Exercise], None]:
    """Give a persona a role at the instance, or at the subscription."""

    def repair(one: Exercise) -> None:
        scope = one.place.subscription_scope if above else one.place.instance
        kind = "User" if person(to).kind == "user" else "ServicePrincipal"
        staging.assign(one.place, role, person(to).id, scope, kind=kind, by=by)

    return repair


CASES = (
    Case(
        "owner-gets-403",
        (
            ("Contributor as well", gives("Contributor", "owner"), "Olivia has Owner (at the subscription), Contrib"),
            ("only for reading", gives("Azure Digital Twins Data Reader", "owner"), "Olivia Owner can't change them"),
        ),
    ),
    Case(
        "greyed-out-box",
        (
            ("Carlos becomes Owner", gives("Owner", "contributor"), "lets him assign roles"),
            ("Amara helps herself", gives(DATA_OWNER, "access-admin", by="access-admin"), "Carlos Contributor lists"),
        ),
    ),
)
