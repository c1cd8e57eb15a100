"""Many set-ups (00 to 02) at once: the time per instance by workers, and its growth, measured in one run.

Run: `RUNBOOK_AZ=... python -m tests.benchmarks.fleet [--rows 50] [--workers 1 2 4]`, up to 70 rows: ten in a region.
Everything happens on an empty sandbox in which nothing takes time. The Azure CLI makes one instance, as a script would
in a loop. Targets: at most 0.3 times `az`, and the last quarter of the rows at most 1.2 times the second one.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from runbook_lib import sandbox

from .headless import GROUP, NAME, az_commands

REGIONS = ("westeurope", "northeurope", "eastus", "westus2", "uksouth", "southcentralus", "australiaeast")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        settings = sandbox.start(home, pace=sandbox.Pace.INSTANT)
        try:
            by_az = _az(Path(folder), home, settings) if os.environ.get("RUNBOOK_AZ") else 0.0
            for number in options.workers:
                _fleet(Path(folder), home, settings, options.rows, number, by_az)
        finally:
            sandbox.stop(home)
    print(f"load of the machine          {os.getloadavg()[0]:5.2f}")


def _fleet(folder: Path, home: Path, settings: sandbox.Settings, rows: int, workers: int, by_az: float) -> None:
    sandbox.reset(home)
    per_region = -(-rows // len(REGIONS))
    listed = [
        f"  - {{instance_name: plant-{number}, region: {REGIONS[number // per_region]}}}\n" for number in range(rows)
    ]
    file, defaults = folder / "fleet.yaml", f"{{sign_in: setup-pipeline, resource_group: {GROUP}}}"
    file.write_text(f"defaults: {defaults}\nrows:\n{''.join(listed)}", "utf-8")
    record = folder / f"fleet-{workers}"
    command = [str(Path(sys.executable).parent / "runbook"), "fleet", str(file), "--json", "--run-dir", str(record)]
    began = time.monotonic()
    command += ["--workers", str(workers)]
    done = subprocess.run(command, env=_environment(folder, home), check=False, capture_output=True, text=True)
    took = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    seconds = [row["seconds"] for row in json.loads(done.stdout)["rows"]]
    quarter = max(1, rows // 4)
    early, late = (sum(part) / len(part) for part in (seconds[quarter : 2 * quarter] or seconds, seconds[-quarter:]))
    against = f"   {took / rows / by_az:5.2f} x az" if by_az else ""
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(
        f"{rows} instances, {workers} workers: {took / rows:5.2f} s each{against}   growth {late / early:4.2f}",
        end="   ",
    )
    print(f"sandbox {_kilobytes(settings.pid) / 1024:.0f} MB, largest process {largest / 1024:.0f} MB")


def _az(folder: Path, home: Path, settings: sandbox.Settings) -> float:
    """Return how long the Azure CLI takes for one instance: the commands of 00 to 02, signed in once."""
    secret = sandbox.service_principal_environment(settings)
    led = {**_environment(folder, home), **sandbox.environment(settings), **secret}
    login, *commands = az_commands(secret)[:10]
    times = []
    for command in (login, *commands):
        began = time.monotonic()
        subprocess.run([os.environ["RUNBOOK_AZ"], *command], env=led, check=True, capture_output=True)
        times.append(time.monotonic() - began)
    print(f"az, {len(commands)} commands for {NAME}: {sum(times[1:]):5.2f} s")
    return sum(times[1:])


def _environment(folder: Path, home: Path) -> dict[str, str]:
    places = {"RUNBOOK_HOME": str(home), "HOME": str(folder), "AZURE_CONFIG_DIR": str(folder / "az")}
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | places


def _kilobytes(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


if __name__ == "__main__":
    main()
