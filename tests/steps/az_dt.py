"""The commands of the Azure CLI's extension azure-iot that this guide names, with their options: facts of 0.25.0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.sandbox.command_line import CommandLine

_NAME = "!dt-name resource-group"
_IDENTITY = f"{_NAME} mi-system-assigned? mi-user-assigned+"
COMMANDS = {
    "create": (
        "!dt-name !resource-group location no-wait? tags+ mi-system-assigned? mi-user-assigned+ role scopes+ pna"
    ),
    "show": _NAME,
    "delete": f"{_NAME} no-wait? yes?",
    "identity assign": f"{_IDENTITY} role scopes+",
    "identity remove": _IDENTITY,
    "network private-endpoint connection set": (
        f"{_NAME} no-wait? !conn-name !status actions-required description group-ids+"
    ),
    "model create": f"{_NAME} failure-policy from-directory models",
    "model list": f"{_NAME} definition? dependencies-for+",
    "model delete": f"{_NAME} !dtmi",
    "twin create": f"{_NAME} !dtmi !twin-id if-none-match? properties",
    "twin query": f"{_NAME} !query-command show-cost?",
    "twin delete": f"{_NAME} !twin-id etag",
    "twin relationship create": f"{_NAME} !relationship !relationship-id !twin-id !target if-none-match? properties",
    "twin relationship delete": f"{_NAME} !twin-id !relationship-id etag",
}
"""By command the names of its options, without the dashes.

`!` marks one that must be there, `?` one that needs no value, `+` one that may have several; the others have one.
"""


@dataclass(frozen=True)
class Option:
    """An option of a command."""

    needed: bool
    fewest: int
    """How many values it has at least."""
    most: float


def check(words: Sequence[str]) -> None:
    """Fail when the extension does not have this command, or it not these options. `words` begins with `dt`."""
    first = next((number for number, word in enumerate(words) if word.startswith("--")), len(words))
    command = " ".join(words[1:first])
    assert command in COMMANDS, f"the extension has no command `az dt {command}`"
    known, given = dict(_options(COMMANDS[command])), _given(words[first:])
    assert not given.keys() - known, f"`az dt {command}` has no option {sorted(given.keys() - known)}"
    missing = [name for name, option in known.items() if option.needed and name not in given]
    assert not missing, f"`az dt {command}` needs {missing}"
    for name, values in given.items():
        right = known[name].fewest <= len(values) <= known[name].most
        assert right, f"--{name} of `az dt {command}` does not take {len(values)} values"


def installed(az: CommandLine) -> bool:
    """Tell whether the extension is there."""
    return any(found["name"] == "azure-iot" for found in az("extension", "list"))


def _options(marked: str) -> Iterator[tuple[str, Option]]:
    for word in marked.split():
        fewest, most = (0, 1) if word.endswith("?") else (1, float("inf")) if word.endswith("+") else (1, 1)
        yield word.strip("!?+"), Option(word.startswith("!"), fewest, most)


def _given(words: Sequence[str]) -> dict[str, list[str]]:
    """Return the values by option."""
    given: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            assert word[2:] not in given, f"{word} is given twice"
            values = given.setdefault(word[2:], [])
        else:
            values.append(word)
    return given
