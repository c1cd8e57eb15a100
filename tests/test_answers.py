"""The judge of answers itself, in test runs of its own: sandboxes are made to answer there what Azure never would."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import nbformat
import pytest

pytest_plugins = ["pytester"]
needs_files = pytest.mark.skipif(not os.environ.get("AZURE_SPECS_DIR"), reason="AZURE_SPECS_DIR names no OpenAPI files")

ROOT = Path(__file__).resolve().parent.parent
WITH_A_WORKER = ("-p", "xdist.plugin", "-n", "1")
TOLD = '  Subscriptions_List 200 at /value/0/displayName: 7 is not of type "string"'
HELPERS = '''
"""How to get a wrong answer: the sandbox believes its store, and a name there can be made a number."""

from contextlib import closing, contextmanager

import requests

from runbook_lib import sandbox
from runbook_lib.sandbox import lifecycle, tokens, world
from runbook_lib.sandbox.clock import SystemClock

ARM = "https://management.azure.com"
OWNER = tokens.Caller(world.persona("owner").id, world.TENANT_ID, "user", "", "owner@contoso.onmicrosoft.com")


class Client:
    """Asks for the subscriptions."""

    def __init__(self, settings, store):
        self.settings, self.store = settings, store

    def ask(self):
        bearer = tokens.Tokens(self.store, SystemClock()).issue(ARM, OWNER)
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(
                ARM + "/subscriptions?api-version=2022-12-01", headers={"Authorization": "Bearer " + bearer},
                proxies={"https": self.settings.client_url}, verify=str(self.settings.ca_file), timeout=20,
            )
        assert answer.status_code == 200

    def ask_for_a_wrong_answer(self):
        found = self.store.get("subscription", world.TRAINING_ID)
        self.store.put("subscription", world.TRAINING_ID, {**found, "displayName": 7})
        self.ask()
        self.store.put("subscription", world.TRAINING_ID, found)


@contextmanager
def inside():
    with sandbox.Sandbox() as running:
        yield Client(running.settings, running.cloud.store)


@contextmanager
def outside(home):
    settings = sandbox.start(home)
    try:
        with closing(lifecycle.open_store(home)) as store:
            yield Client(settings, store)
    finally:
        sandbox.stop(home)
'''
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the test file that is given, in a project that has this one's plugin; return how it went."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they would take longer than the tests
    for name in ("CI", "BUILD_NUMBER"):  # pytest's summary is longer there
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(helpers=HELPERS)

    def call(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=dedent(source))
        return pytester.runpytest_subprocess("-p", "tests.plugin", *arguments)

    return call


@needs_files
def test_a_wrong_answer_fails_the_test_that_got_it_wherever_the_sandbox_runs(run: Run) -> None:
    found = run(
        """
        import os
        import signal

        import helpers


        def test_inside():
            with helpers.inside() as client:
                client.ask_for_a_wrong_answer()


        def test_nothing_is_left_for_the_next_one():
            with helpers.inside() as client:
                client.ask()


        def test_outside(tmp_path):
            with helpers.outside(tmp_path) as client:
                client.ask_for_a_wrong_answer()
                os.kill(client.settings.pid, signal.SIGKILL)


        def test_outside_and_right(tmp_path):
            with helpers.outside(tmp_path) as client:
                client.ask()
        """,
        *WITH_A_WORKER,
    )
    found.assert_outcomes(passed=4, errors=2)
    found.stdout.fnmatch_lines_random(["ERROR test_it.py::test_inside - *", "ERROR test_it.py::test_outside - *"])
    assert found.stdout.str().count(TOLD) == 2


@needs_files
def test_an_answer_of_a_shared_sandbox_belongs_to_the_test_in_which_it_came(run: Run) -> None:
    found = run(
        """
        import helpers
        import pytest


        @pytest.fixture(scope="module")
        def client():
            with helpers.inside() as client:
                yield client


        @pytest.fixture(scope="module")
        def client_that_ends_badly():
            with helpers.inside() as client:
                yield client
                client.ask_for_a_wrong_answer()


        def test_right(client):
            client.ask()


        def test_wrong(client):
            client.ask_for_a_wrong_answer()


        def test_right_again(client):
            client.ask()


        def test_last(client_that_ends_badly):
            pass
        """
    )
    found.assert_outcomes(passed=4, errors=2)
    found.stdout.fnmatch_lines_random(["ERROR test_it.py::test_wrong - *", "ERROR test_it.py::test_last - *"])


@needs_files
@pytest.mark.parametrize("workers", [(), WITH_A_WORKER], ids=["in one process", "with a worker"])
def test_an_answer_after_the_last_test_fails_the_run(
    run: Run, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    pytester.makeconftest(
        """
        import helpers


        def pytest_sessionfinish(session):
            if session.items:  # not in the controller of the workers, which runs no tests
                with helpers.inside() as client:
                    client.ask_for_a_wrong_answer()
        """
    )
    found = run("def test_nothing():\n    pass", *workers)
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines(["*ANSWERS AFTER THE LAST TEST*", "*", TOLD])


@needs_files
def test_the_cells_of_a_notebook_are_tests_like_others(run: Run, pytester: pytest.Pytester) -> None:
    cells = ["import helpers", "with helpers.inside() as client:\n    client.ask_for_a_wrong_answer()", "1 + 1"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])  # type: ignore[no-untyped-call]
    nbformat.write(notebook, pytester.path / "guide.ipynb")  # type: ignore[no-untyped-call]
    found = run("", "-p", "nbval.plugin", "--nbval-lax", "--nbval-current-env", "guide.ipynb")
    found.assert_outcomes(passed=2, skipped=1, errors=1)
    found.stdout.fnmatch_lines(["ERROR guide.ipynb::Cell 1 - *"])


def test_without_microsofts_files_nothing_is_recorded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_SPECS_DIR", raising=False)
    monkeypatch.delenv("ANSWERS_FOLDER", raising=False)
    found = run(
        """
        import os

        import helpers
        from runbook_lib.sandbox import Sandbox


        def test_inside():
            assert "ANSWERS_FOLDER" not in os.environ
            assert Sandbox().cloud.observers == []
            with helpers.inside() as client:
                client.ask_for_a_wrong_answer()
        """
    )
    found.assert_outcomes(passed=1)
