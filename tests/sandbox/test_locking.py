"""Locks between processes: who holds one, and what becomes of it when its holder dies."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runbook_lib.sandbox.locking import file_lock, is_held

HOLDER = """
import sys, time
from pathlib import Path
from runbook_lib.sandbox.locking import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_that_nobody_took_is_free_and_makes_no_file(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()


def test_a_second_holder_waits_in_vain(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with file_lock(path):
        assert is_held(path)
        with pytest.raises(TimeoutError), file_lock(path).acquire(timeout=0):
            pass
    assert not is_held(path)
    assert path.exists()
    assert path.stat().st_mode & 0o077 == 0 or sys.platform == "win32"


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        assert is_held(path)
        process.kill()
    assert not is_held(path)


def test_those_who_look_do_not_take_one_another_for_a_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with file_lock(path):
        pass
    together = threading.Barrier(8)

    def look(_: int) -> bool:
        together.wait()
        return is_held(path)

    with ThreadPoolExecutor(8) as pool:
        assert [any(pool.map(look, range(8))) for _ in range(20)] == [False] * 20
