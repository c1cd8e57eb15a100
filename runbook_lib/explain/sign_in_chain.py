"""Reads what azure-identity's chain of credentials says when none of them could sign in."""

from __future__ import annotations

import re

LONGEST_REASON = 200
"""Characters. Some members add whole paragraphs of advice."""


def attempts_in(text: str) -> list[str]:
    """Return the members of a chain that were tried, each with its reason in short; empty if it's not a chain's text.

    azure-identity puts each member on a line of its own, and continues long reasons on lines without a tab.
    """
    members = re.split(r"\n\t(?=\w+Credential\b)", text)[1:]
    return [f"- {_shortly(one)}" for one in members]


def _shortly(member: str) -> str:
    name, _, reason = " ".join(member.split("To mitigate this issue")[0].split()).partition(": ")
    reason = re.sub(r"\w+ authentication unavailable[.,:]? *", "", reason)
    reason = re.sub(r" *See the troubleshooting guide[^:]*: \S+|(?i: *(?:please )?visit .*)| *Trace ID: .*", "", reason)
    told = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON].rstrip()} ..."
    return f"{name}: {told or 'not available here'}"


def last_attempt(text: str) -> str:
    """Return the line of a chain's text that says what its last credential met; or the whole text."""
    attempts = [line.strip() for line in text.splitlines() if "Credential: " in line]
    return attempts[-1] if attempts else text
