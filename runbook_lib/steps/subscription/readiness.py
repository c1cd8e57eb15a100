"""Waiting for an instance that Azure is still working on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...azure.waiting import timed_out
from ...explain.translate import explaining
from ..core.context import Context, Progress
from . import resources

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


def settled_instance(
    context: Context, where: tuple[str, str, str], seconds: float, progress: Progress, phase: str, usual: float
) -> DigitalTwinsDescription:
    """Return the instance at `where` (subscription, group, name) once Azure has stopped working on it.

    `phase` says what it's waiting for, which usually takes `usual` seconds. Raises TimedOut after `seconds`.
    """
    subscription, group, name = where

    def settled() -> DigitalTwinsDescription | None:
        now = context.clients.digital_twins(subscription).digital_twins.get(group, name)
        return None if resources.state_of(now) in resources.PENDING_STATES else now

    with explaining("waiting for the instance"):
        instance = settled()
        if instance is None:
            progress.phase(phase, usual)
            instance = context.waiting.until(settled, seconds)
    if instance is None:
        raise timed_out("waiting for the instance", seconds)
    return instance
