"""The differences from the recordings that are known, each with its reason.

A difference that is not here fails the replay; so does one that is here and no longer occurs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .run import Outcome


@dataclass(frozen=True)
class Known:
    """One reason for some exchanges of one recording."""

    recording: str
    numbers: tuple[int, ...]
    expression: str
    """Fits the differences in full."""
    reason: str
    out_of_scope: bool = False
    """The sandbox does not do such a thing at all, and means not to."""

    def explains(self, outcome: Outcome, difference: str) -> bool:
        """Tell whether it is the reason for one difference."""
        exchange = outcome.exchange
        here = exchange.recording == self.recording and exchange.number in self.numbers
        return here and re.fullmatch(self.expression, difference) is not None


KNOWN = (
    Known(
        "arm-graph-selected",
        (3, 10, 14, 18, 19, 21, 22, 23, 28, 29, 34, 36),
        r"status 403 instead of 20[14]",
        "Writing to the directory. Nobody in the sandbox's company has permission, so Graph refuses it, as on Azure.",
        out_of_scope=True,
    ),
    Known(
        "arm-graph-selected",
        (42,),
        "header x-ms-ratelimit-remaining-subscription-writes: there although none was recorded",
        "ARM counts every POST as a write, which the recorded validation of a deployment shows; this one exchange"
        " was published without the count.",
    ),
)


def unexplained(outcomes: list[Outcome]) -> list[str]:
    """Name the differences that nobody has given a reason for."""
    return [
        f"{outcome.exchange}: {difference}"
        for outcome in outcomes
        for difference in outcome.differences
        if not any(known.explains(outcome, difference) for known in KNOWN)
    ]


def outdated(outcomes: list[Outcome]) -> list[str]:
    """Name the exchanges for which a reason is given although there is no such difference any more."""
    return [
        f"{known.recording} {number}: {known.reason}"
        for known in KNOWN
        for number in known.numbers
        if not any(
            known.explains(outcome, difference)
            for outcome in outcomes
            if outcome.exchange.key == (known.recording, number)
            for difference in outcome.differences
        )
    ]
