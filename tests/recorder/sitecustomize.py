"""Lets every sandbox of a test run write down what it answers, also the ones that run as processes of their own.

Python imports the module of this name when it starts, and `tests/answers.py` puts this folder on `PYTHONPATH` for as
long as the tests run: kernels, commands and servers load it too. So it imports nothing until a sandbox is imported.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # the real one would cost the import of `typing` at each start of Python
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from runbook_lib.sandbox.cloud import Cloud
    from runbook_lib.sandbox.http import Answer, Request

FOLDER = "ANSWERS_FOLDER"
"""The variable that names the folder to write to: one file for each process, one line for each answer."""
WATCHED = "runbook_lib.sandbox.cloud"


class Finder:
    """Waits for the import of the sandbox's cloud, and has every cloud recorded from then on."""

    def find_spec(self, name: str, path: Sequence[str] | None, _: ModuleType | None = None) -> ModuleSpec | None:
        """Find the one module as Python would, and add to what loading it does."""
        if name != WATCHED:
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def load_and_watch(module: ModuleType) -> None:
            load(module)
            _watch(module.Cloud)

        spec.loader.exec_module = load_and_watch  # type: ignore[method-assign]
        return spec


def record() -> None:
    """Record every cloud of this process that is made from now on. Repeating it changes nothing."""
    if WATCHED in sys.modules:
        _watch(sys.modules[WATCHED].Cloud)
    else:
        sys.meta_path.insert(0, Finder())


def _watch(cloud: type[Cloud]) -> None:
    if hasattr(cloud, "recorded"):
        return
    original = cloud.__init__

    def recorded(self: Cloud, *arguments: Any, **more: Any) -> None:
        original(self, *arguments, **more)
        # Read at this late moment, because a worker of xdist is told its own folder after it has started.
        if folder := os.environ.get(FOLDER):
            self.observers.append(Recorder(folder))

    cloud.__init__ = recorded  # type: ignore[method-assign]
    cloud.recorded = True  # type: ignore[attr-defined]


class Recorder:
    """Writes down the answers of one cloud, each before it is sent: whoever has an answer finds it in the file."""

    def __init__(self, folder: str) -> None:
        from pathlib import Path

        self._path = Path(folder) / f"{os.getpid()}.jsonl"

    def __call__(self, request: Request, answer: Answer) -> None:
        """Write down one answer, and what of its request tells the operation."""
        import json

        version = request.parameter("api-version")
        content = answer.encoded().decode("latin-1")  # whatever bytes there are: the reader turns them back
        seen = [request.method, request.host, request.path, version, answer.status, answer.content_type, content]
        try:
            with self._path.open("ab", buffering=0) as file:  # one write of one line, which a kill cannot take back
                file.write(json.dumps(seen).encode() + b"\n")
        except FileNotFoundError:
            pass  # the test run is over and its folder gone, and this server was left behind


if __name__ == "sitecustomize" and FOLDER in os.environ:
    record()
