"""Keeps the secrets of the environment out of parameters, output and files.

Papermill writes parameters into notebooks in clear, and pipelines publish what a command prints. So no value can hold a
secret of the environment, and after a run everything it wrote is searched for them, in clear and encoded.
"""

from __future__ import annotations

import base64
import html
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from ..display.plain import one_line
from ..errors import InputError, RunbookError
from ..parameters.naming_rules import secret_name

REMOVED = "[removed: secret]"

_AZURE = ("AZURE_CLIENT_SECRET", "AZURE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "ARM_CLIENT_SECRET")
"""Variables that hold a secret, whatever it looks like."""
_SHORTEST_OF_AZURE = 4
_SHORTEST = 8
"""Characters. What's shorter stands in any text by chance."""


class SecretFound(RunbookError):
    """A secret of the environment stands in what the run wrote."""

    exit_code = 8


@dataclass(frozen=True)
class Secret:
    """A secret, and the variable that holds it."""

    variable: str
    value: str

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """All spellings to search for: in clear, escaped for HTML, JSON and URLs, and encoded with base64."""
        once = {self.value, html.escape(self.value), quote(self.value, safe=""), quote(self.value)}
        once |= {quote_plus(self.value), html.escape(self.value, quote=False)}
        escaped = {json.dumps(text, ensure_ascii=plain)[1:-1] for text in once for plain in (True, False)}
        twice = {json.dumps(text)[1:-1] for text in escaped}  # JSON in a notebook, which is JSON
        found = {_bytes(text) for text in once | escaped | twice}
        return tuple(sorted(found | set(_in_base64(self.value)), key=len, reverse=True))

    def is_in(self, content: bytes) -> bool:
        """Tell whether the content holds the secret, in any spelling."""
        return any(needle in content for needle in self.needles)


def secrets_of(environment: Mapping[str, str] = os.environ) -> tuple[Secret, ...]:
    """List the secrets of the environment, by the names of its variables and by passwords in addresses."""
    found: dict[str, str] = {}
    for name, value in environment.items():
        if name.upper() in _AZURE:
            found.update({value: name} if len(value) >= _SHORTEST_OF_AZURE else {})
        elif _is_secret(name, value):
            found.setdefault(value, name)
        for password in _passwords_in(value):
            found.setdefault(password, name)
    return tuple(Secret(name, value) for value, name in found.items())


def refuse_secrets(values: Mapping[str, Any], secrets: Iterable[Secret]) -> None:
    """Raise InputError if a value is, or holds, a secret. The message names the variable, never the value."""
    for name, value in values.items():
        written = _bytes(json.dumps(value, ensure_ascii=False, default=str))
        for secret in secrets:
            if secret.is_in(written):
                raise InputError(
                    f"The value of {one_line(name, 40)} holds the secret that is in {one_line(secret.variable, 60)}.",
                    meaning="Values are written into notebooks, files and Azure, for others to read.",
                    remedy="Use another value. The guide takes secrets from the environment by itself.",
                )


def remove_secrets(text: str, secrets: Iterable[Secret]) -> str:
    """Return text for the terminal without any of the secrets."""
    for secret in secrets:
        for needle in secret.needles:
            text = text.replace(needle.decode("utf-8", "surrogateescape"), REMOVED)
    return text


def search_files(folder: Path, secrets: Sequence[Secret], since: float = 0) -> None:
    """Raise SecretFound if a file of the folder that was written after `since` holds one of the secrets.

    `since` is a time as in `st_mtime`. A run can use a folder that holds files of others, who can keep secrets there.
    """
    found = [
        f"{one_line(secret.variable, 60)} in {one_line(path.relative_to(folder))}"
        for path in sorted(folder.rglob("*") if secrets else ())
        if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= since
        for secret in secrets
        if secret.is_in(os.fsencode(path.relative_to(folder)) + b"\n" + path.read_bytes())
    ]
    if found:
        raise secret_found(found, folder)


def secret_found(places: Iterable[str], folder: Path) -> SecretFound:
    """Return the error that says where secrets were found, and what to do now."""
    return SecretFound(
        "Secrets of the environment stand in what this run wrote:\n" + "\n".join(f"  {place}" for place in places),
        meaning="Anyone who can read these files or this output can use the secret.",
        remedy=f"Delete {one_line(folder)}, don't publish it, and replace the secret. Then report this: it's our bug, "
        "unless the text of a resource in Azure holds the secret.",
        who="You.",
    )


def _is_secret(name: str, value: str) -> bool:
    if not secret_name(name) or len(value) < _SHORTEST or value.startswith(("/", "~", "./")) or "://" in value:
        return False
    # A switch, such as GIT_TOKEN=disabled, isn't a secret: it has letters of one kind only, or digits only.
    kinds = (str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum())
    return sum(any(map(kind, value)) for kind in kinds) > 1 or len(value) >= 2 * _SHORTEST


def _passwords_in(value: str) -> Iterator[str]:
    if "://" not in value or "@" not in value:
        return
    try:
        password = urlsplit(value).password or ""
    except ValueError:
        return
    for spelling in {password, unquote(password)}:
        if len(spelling) >= _SHORTEST_OF_AZURE:
            yield spelling


def _bytes(text: str) -> bytes:
    """Encode text. A variable can have bytes that aren't UTF-8, and a setup file half a pair of surrogates."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _in_base64(text: str) -> Iterator[bytes]:
    """Encode at all three places that a text can have in a longer one, without what its neighbours decide."""
    raw = _bytes(text)
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        first = (before * 8 + 5) // 6
        last = (before + len(raw)) * 8 // 6
        inner = encoded[first:last]
        if len(inner) >= _SHORTEST_OF_AZURE:
            yield from {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
