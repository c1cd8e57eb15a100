"""A class in the browser: how much memory each learner takes, idle and after making an instance, and how long it takes.

python3 -m uv run --group dev python -m tests.benchmarks.hub [--learners 20]

Memory is Pss: what is shared between processes counts once. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
import websocket

from tests.browser.lab import free_port
from tests.browser.test_hub import Hub, end, serve

_SECONDS = 600.0
_PROGRAM = 'from runbook_lib import Runbook; r = Runbook(mode="unattended"); r.start_here().apply(); '
_PROGRAM += "r.create_instance().apply()"


class Learner:
    """One user of the Hub, with plain HTTP in place of a browser."""

    def __init__(self, hub: Hub, name: str) -> None:
        self._hub, self.name = hub, name
        self._session = requests.Session()
        self._session.trust_env = False
        self.seconds: dict[str, float] = {}

    def _ask(self, verb: str, path: str, **more: Any) -> requests.Response:
        return self._session.request(verb, self._hub.address + path, timeout=_SECONDS, **more)

    def start(self) -> None:
        """Sign in, and wait until the server and a kernel run."""
        began = time.monotonic()
        page = self._ask("GET", "/hub/login")
        secret = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        assert secret
        form = {"username": self.name, "password": self._hub.codes[self.name], "_xsrf": secret[1]}
        self._ask("POST", "/hub/login?next=%2Fhub%2Fspawn", data=form)
        own = f"{self._hub.address}/user/{self.name}/"
        while not (page := self._ask("GET", f"/user/{self.name}/lab")).url.startswith(own) or not page.ok:
            time.sleep(0.5)  # the Hub still shows that the server is starting
        token = next(one.value for one in self._session.cookies if one.name == "_xsrf" and "/user/" in one.path)
        kernel = self._ask("POST", f"/user/{self.name}/api/kernels", headers={"X-XSRFToken": str(token)}, json={})
        self._kernel = kernel.json()["id"]
        self.seconds["start"] = time.monotonic() - began

    def create(self) -> None:
        """Do 00 and 01 in the kernel."""
        began = time.monotonic()
        address = f"{self._hub.address.replace('http', 'ws')}/user/{self.name}/api/kernels/{self._kernel}/channels"
        cookies = "; ".join(f"{one.name}={one.value}" for one in self._session.cookies)
        channel = websocket.create_connection(address, cookie=cookies, timeout=_SECONDS)
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": uuid.uuid4().hex}
        content = {"code": _PROGRAM, "silent": False, "store_history": False, "allow_stdin": False}
        header |= {"username": self.name, "version": "5.3"}
        channel.send(
            json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"})
        )
        while (answer := json.loads(channel.recv()))["header"]["msg_type"] != "execute_reply":
            pass
        channel.close()
        assert answer["content"]["status"] == "ok", answer["content"]
        self.seconds["create"] = time.monotonic() - began


def memory(marker: str) -> float:
    """Return the Pss in MB of all processes that have this text in their command line or environment."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes():
                total += int((folder / "smaps_rollup").read_text().split("Pss:")[1].split()[0])
        except (OSError, IndexError):
            continue  # it has ended, or is a thread of the kernel
    return total / 1024


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=20)
    count = parser.parse_args().learners
    with tempfile.TemporaryDirectory(prefix="hub-benchmark-") as folder:
        process, hub = serve(Path(folder), [f"learner-{number}" for number in range(count)], free_port())
        try:
            found = {"the Hub alone": memory(folder)}
            learners = [Learner(hub, name) for name in hub.codes]
            with ThreadPoolExecutor(5) as pool:
                list(pool.map(Learner.start, learners))
                found["idle, with a kernel each"] = memory(folder)
                list(pool.map(Learner.create, learners))
                found["after making an instance each"] = memory(folder)
        finally:
            end(process)
    for name, total in found.items():
        each = (total - found["the Hub alone"]) / count
        print(f"{name:<32} {total:8.0f} MB   each learner {each:6.0f} MB")
    for what in ("start", "create"):
        times = [one.seconds[what] for one in learners]
        print(f"{what:<32} median {statistics.median(times):5.1f} s   worst {max(times):5.1f} s   (five at a time)")
    print(f"load of the machine {os.getloadavg()[0]:5.2f}")


if __name__ == "__main__":
    main()
