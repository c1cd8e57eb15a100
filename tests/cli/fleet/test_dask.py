"""A fleet on a Dask cluster of separate processes, one of which is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.process import called, processes_with, started

from .fleets import SLOW, assert_made_once, instances, wait_for_intent, wait_until

pytestmark = [
    pytest.mark.grid,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
pytest.importorskip("distributed", reason="a fleet on a cluster needs Dask")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A scheduler and two workers, each a process; return the address, and what marks them and their children."""
    known, marker = tmp_path / "scheduler.json", uuid.uuid4().hex
    common = ["--scheduler-file", str(known), "--no-dashboard"]
    one = ["--nthreads", "1", "--local-directory", str(tmp_path / "dask"), "--no-nanny", "--death-timeout", "60"]
    commands = [
        ["scheduler", "--host", "127.0.0.1", "--port", "0", *common],
        *[["worker", *common, *one, "--host", "127.0.0.1"]] * 2,
    ]
    environment = os.environ | {"MARKER": marker}
    log = (tmp_path / "cluster.log").open("wb")
    processes = [
        subprocess.Popen([sys.executable, "-m", "dask", *command], env=environment, stdout=log, stderr=log)
        for command in commands
    ]
    try:
        wait_until(known.exists)
        yield json.loads(known.read_text("utf-8"))["address"], marker
    finally:
        for process in processes:
            process.terminate()
            process.wait(20)
        log.close()


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[1])


def kernel_in(folder: Path) -> int:
    """Return the process of the kernel at work in a folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == folder and b"ipykernel" in (process / "cmdline").read_bytes():
                return int(process.name)
    raise AssertionError(folder)


def test_a_machine_that_is_lost_loses_nothing_and_nothing_is_made_twice(
    home: Path, file: str, tmp_path: Path, cluster: tuple[str, str]
) -> None:
    folder, (address, marker) = tmp_path / "fleet", cluster
    called("sandbox", "faults", "add", "latency", *SLOW)
    running = started("fleet", file, "--scheduler", address, "--json", "--run-dir", str(folder))
    wait_for_intent(folder / "002-paint", "create-instance")
    kernel = kernel_in(folder / "002-paint")
    os.kill(parent(parent(kernel)), signal.SIGKILL)
    assert_made_once(running, folder, home, seconds=150)
    assert called("fleet", "--clean-up", "--run-dir", str(folder), "-p", "confirm_clean_up", "true") == 0
    assert instances(home) == 0
    wait_until(lambda: not Path(f"/proc/{kernel}").exists())
    assert processes_with(marker)  # the scheduler and the other worker, which the fixture ends
