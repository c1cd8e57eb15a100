"""The result of the replay, as the sandbox's README shows it."""

from __future__ import annotations

from collections.abc import Iterator

from .exchanges import RECORDINGS, Exchange
from .known_differences import KNOWN
from .run import Outcome

Outcomes = dict[str, list[Outcome]]


def table(replayed: Outcomes) -> str:
    """Render how many exchanges of each recording are alike, and every difference with its reason."""
    exchanges = [outcome for outcomes in replayed.values() for outcome in outcomes]
    alike = sum(not outcome.differences for outcome in exchanges)
    lines = [
        f"**{alike} of {len(exchanges)} exchanges alike.**",
        "",
        "| Recording | Shows | Exchanges | Alike | Different, with a reason | Out of scope |",
        "|---|---|---|---|---|---|",
        *(_row(recording, outcomes) for recording, outcomes in replayed.items()),
        "",
        *_reasons({outcome.exchange.key: outcome.exchange for outcome in exchanges}),
    ]
    return "\n".join(lines)


def _row(recording: str, outcomes: list[Outcome]) -> str:
    alike = sum(not outcome.differences for outcome in outcomes)
    outside = sum(len(known.numbers) for known in KNOWN if known.recording == recording and known.out_of_scope)
    cells = (f"`{recording}`", RECORDINGS[recording], len(outcomes), alike, len(outcomes) - alike - outside, outside)
    return f"| {' | '.join(map(str, cells))} |"


def _reasons(exchanges: dict[tuple[str, int], Exchange]) -> Iterator[str]:
    for known in KNOWN:
        numbers = ", ".join(map(str, known.numbers))
        methods = "/".join(sorted({exchanges[known.recording, number].method for number in known.numbers}))
        yield f"- `{known.recording}` {numbers} ({methods}): {known.reason}"
