"""Makes text safe to show: what would steer a terminal or reorder a line is shown as its escape instead.

Values come from people, files and Azure. A name with an escape sequence could clear the screen or rename the window.
One with a bidirectional control could show another command than the one you copy (CVE-2021-42574).
"""

from __future__ import annotations

import re

# Controls (C0 without tab and line feed, DEL, C1), invisible characters, line and paragraph separators, bidirectional
# controls, halves of surrogate pairs (what Python makes of bytes that aren't UTF-8), and the tag characters.
_UNSAFE = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f"
)
_STEERING = re.compile(f"[{_UNSAFE}]")
_STEERING_OR_BREAK = re.compile(f"[{_UNSAFE}\n\t]")


def visible(text: str) -> str:
    """Return the text with such characters spelled out, as in x1b after a backslash. Lines and tabs stay."""
    return _STEERING.sub(_escape, text)


def one_line(value: object, longest: int = 200) -> str:
    """Return a value as one safe line. It's cut after `longest` characters."""
    text = str(value)
    cut = text if len(text) <= longest else f"{text[:longest]}…"
    return _STEERING_OR_BREAK.sub(_escape, cut)


def quoted(value: object, longest: int = 40) -> str:
    """Return a value in single quotes, as one safe line."""
    return f"'{one_line(value, longest)}'"


def unsafe_characters(text: str) -> list[str]:
    """List the different characters of a text that mustn't be in a value, as `U+001B`. Lines and tabs count."""
    return [f"U+{ord(character):04X}" for character in dict.fromkeys(_STEERING_OR_BREAK.findall(text))]


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")
