"""The key by which the sandbox knows its owner, kept with the sandbox's own files.

It's part of the proxy's address, because that is the one setting which every client carries unmodified. Anyone who can
read this file can read the state and its signing key too, so the key adds no new secret to guard.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from pathlib import Path

from .connection import write_private_file

KEY_FILE = "key.json"


def new_key() -> str:
    """Return a random key of 128 bits, in characters that mean nothing special in an address or a shell."""
    return secrets.token_hex(16)


def kept_key(folder: Path, port: int) -> str:
    """Return the key of the sandbox in `folder`: the same after every start on the same port.

    On another port a new one is made. The addresses that clients hold are out of date then anyway, and the program
    that has the old port now may have heard the old key from them.
    """
    path = folder / KEY_FILE
    known = _read(path)
    if known is not None and known[1] == port:
        return known[0]
    key = new_key()
    write_private_file(path, json.dumps({"key": key, "port": port}).encode() + b"\n")
    return key


def _read(path: Path) -> tuple[str, int] | None:
    """Return the key and its port; None if there is none, or if others could have read or written it."""
    try:
        # On Windows the mode says nothing about other users.
        if os.name == "posix" and (found := path.lstat()) and not _is_private(found):
            return None
        values = json.loads(path.read_text("utf-8"))
        key, port = values["key"], values["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (key, port) if isinstance(key, str) and len(key) >= 32 and isinstance(port, int) else None


def _is_private(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and not found.st_mode & 0o077 and found.st_uid == os.geteuid()
