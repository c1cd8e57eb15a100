"""Sends the recordings and sums up how alike the answers were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from .comparison import differences
from .control_plane_setup import BEFORE
from .data_plane_setup import PLACES, instance
from .environment import Environment, data_world, world
from .exchanges import Exchange, kept_headers, read


@dataclass(frozen=True)
class Outcome:
    """How one exchange went."""

    exchange: Exchange
    differences: tuple[str, ...]


def replay(folder: str, recording: str) -> list[Outcome]:
    """Send all exchanges of a recording, in their order."""
    exchanges = read(folder, recording)
    sent = _data(exchanges) if recording in PLACES else _control(exchanges)
    kept = kept_headers(folder, recording)
    return [Outcome(e, tuple(differences(e, place.send(e), kept))) for place, e in sent]


def _control(exchanges: list[Exchange]) -> Iterator[tuple[Environment, Exchange]]:
    """Yield each exchange in the world of its scenario, when the world is ready for it."""
    for _, members in groupby(exchanges, lambda exchange: exchange.scenario):
        with world() as place:
            for exchange in members:
                if prepare := BEFORE.get(exchange.key):
                    prepare(place)
                yield place, exchange


def _data(exchanges: list[Exchange]) -> Iterator[tuple[Environment, Exchange]]:
    with data_world() as place:
        for exchange in exchanges:
            instance(place, PLACES[exchange.recording][exchange.number])
            yield place, exchange
