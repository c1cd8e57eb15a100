"""Holds every answer of every sandbox in a test run against Microsoft's OpenAPI files, whoever started the sandbox.

The sandboxes write down what they answer (`tests/recorder`), those of this process and those that are processes of
their own. After each test, when its fixtures are gone, whatever has been written since the last one is judged, and the
test fails by it. Without `AZURE_SPECS_DIR` there is nothing to judge by, and nothing is written.

No file describes Entra's and Graph's answers, and the polling of operations: those pass. What else no file describes
must be named in `tests/sandbox/openapi.py`, or be refused in words. What a fault makes a service say is judged like all
else; an answer that a fault keeps from being sent is none, and what the web server refuses by itself (a request that
is broken or too long) is no service's answer.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorder import sitecustomize

if TYPE_CHECKING:
    from runbook_lib.sandbox.http import Answer, Request

JUDGE = "judge-of-answers"
"""The name under which pytest knows the judge."""
LATE = "late answers"
"""Under which a worker of xdist tells its controller what was wrong after its last test."""


class Judge:
    """A pytest plugin: fails the tests in which a sandbox answered what Microsoft's files do not allow."""

    def __init__(self, specifications: str, tell: Callable[[str], None]) -> None:
        """Take the folder of the files, and what to do with a verdict that no test can be failed by any more."""
        self._specifications = specifications
        self._tell = tell
        self._folder = tempfile.TemporaryDirectory(prefix="runbook-answers-")
        self._judged: dict[Path, int] = {}
        """How many bytes of each file."""

    def environment(self) -> dict[str, str]:
        """Return what has to be in the environment for the processes to come to be recorded."""
        recorder = str(Path(sitecustomize.__file__).parent)
        others = filter(None, [os.environ.get("PYTHONPATH")])
        return {sitecustomize.FOLDER: self._folder.name, "PYTHONPATH": os.pathsep.join([recorder, *others])}

    def judge(self) -> None:
        """Fail, and list what is wrong with the answers that came since the last time."""
        if verdict := self._verdict():
            pytest.fail(verdict, pytrace=False)  # the stack would be pytest's own

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # outermost: what happens when fixtures end belongs to the test
    def pytest_runtest_teardown(self) -> Generator[None, Any, Any]:
        """Judge what was answered during a test."""
        try:
            return (yield)
        finally:
            self.judge()

    @pytest.hookimpl(wrapper=True, trylast=True)  # innermost: before a worker sends what it has to tell
    def pytest_sessionfinish(self) -> Generator[None, Any, Any]:
        """Judge what was answered after the last test."""
        try:
            return (yield)
        finally:
            if verdict := self._verdict():
                self._tell(verdict)

    def pytest_unconfigure(self) -> None:
        """Leave no trace."""
        self._folder.cleanup()

    def _verdict(self) -> str:
        seen = list(self._new())
        if not seen:
            return ""
        from tests.sandbox.openapi import Checker, specification  # here, because most of the unit tests need no files

        checker = Checker(specification(self._specifications))
        for request, answer in seen:
            checker(request, answer)
        return checker.verdict()

    def _new(self) -> Iterator[tuple[Request, Answer]]:
        for path in sorted(Path(self._folder.name).glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._judged.get(path, 0))
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # being written, or cut off by a kill before the answer went out
                    self._judged[path] = self._judged.get(path, 0) + len(line)
                    yield _read(line)


class LateVerdicts:
    """A pytest plugin: fails the whole run by answers that came after the last test, of this process or a worker's."""

    def __init__(self) -> None:
        self.verdicts: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear what a worker has to tell."""
        if verdict := getattr(node, "workeroutput", {}).get(LATE):
            self.verdicts.append(verdict)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Let the run's exit code be that of a failure."""
        result = yield
        if self.verdicts:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was wrong."""
        for verdict in self.verdicts:
            terminalreporter.section("ANSWERS AFTER THE LAST TEST", red=True)
            terminalreporter.write_line(verdict)


def _read(line: bytes) -> tuple[Request, Answer]:
    from runbook_lib.sandbox.http import Answer, Request

    method, host, path, version, status, content_type, content = json.loads(line)
    request = Request(method, host, path, {"api-version": (version,)})
    return request, Answer(status, content.encode("latin-1"), content_type=content_type)


def judge_now(config: pytest.Config) -> None:
    """Judge what has come so far, for tests that send much and want to know which request it was."""
    judge = config.pluginmanager.get_plugin(JUDGE)
    assert isinstance(judge, Judge), "there is no judge without AZURE_SPECS_DIR"
    judge.judge()


def register(config: pytest.Config) -> None:
    """Have the answers of this test process, and of all that it starts, recorded and judged."""
    specifications = os.environ.get("AZURE_SPECS_DIR")
    if not specifications:
        return
    late = LateVerdicts()
    config.pluginmanager.register(late)
    if config.getoption("dist", "no") != "no":
        return  # a controller of xdist runs no test: each of its workers judges its own
    output: dict[str, str] | None = getattr(config, "workeroutput", None)
    tell = late.verdicts.append if output is None else partial(output.__setitem__, LATE)
    judge = Judge(specifications, tell)
    patch = pytest.MonkeyPatch()
    for name, value in judge.environment().items():
        patch.setenv(name, value)
    config.add_cleanup(patch.undo)
    sitecustomize.record()
    config.pluginmanager.register(judge, JUDGE)
