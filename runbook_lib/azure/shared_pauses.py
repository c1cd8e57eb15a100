"""Pauses that Azure asks for, shared by the processes of a fleet: what one is told, the others do too.

Azure Resource Manager throttles each subscription and principal, so requests of the other rows would only be refused as
well, and count. Other hosts throttle on their own.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

VARIABLE = "RUNBOOK_SHARED_PAUSES"
"""Environment variable that names the folder for them; without it nothing is shared."""
_SUBSCRIPTION = re.compile(r"https://([^/?]+)(?:/subscriptions/([0-9a-f-]{36}))?", re.IGNORECASE)


def share_pause(url: str, seconds: float) -> None:
    """Tell the others that Azure has asked for a pause before the next request like this one."""
    file = _file(url)
    if file and seconds > 0:
        with suppress(OSError):  # it's a courtesy
            file.touch(0o600)
            until = time.time() + seconds
            os.utime(file, (until, until))


def shared_pause(url: str) -> float:
    """Return how many seconds are left of a pause that another process was asked for; 0 if there's none."""
    file = _file(url)
    try:
        return max(0.0, file.stat().st_mtime - time.time()) if file else 0.0
    except OSError:
        return 0.0


def _file(url: str) -> Path | None:
    folder, found = os.environ.get(VARIABLE), _SUBSCRIPTION.match(url)
    if not folder or not found:
        return None
    return Path(folder) / f"pause-{sha256(repr(found.groups()).lower().encode()).hexdigest()[:16]}.lock"
