"""What this machine can do wrong: folders, disks, file handles, pipes. Each with its exit code, never a traceback."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import sandbox
from runbook_lib.cli import headless, machine, main
from runbook_lib.errors import BUG_EXIT_CODE
from runbook_lib.guide import NOTEBOOKS
from tests.cli.process import COMMAND, runbook

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses limits and devices of Linux")


def ends(code: int, *arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command in this process; return what it says when it ends with this code."""
    with pytest.raises(SystemExit) as stopped:
        main.main(arguments)
    said = capsys.readouterr().err
    assert stopped.value.code == code, said
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize("command", [["run", "00"], ["sandbox", "start"], ["lab", "--no-browser"]], ids=" ".join)
@pytest.mark.parametrize(
    "home", ["a-file", "a-file/below", "/sys/not-to-be-made", "x" * 300, "loop", "~no-such-user/x"]
)
def test_a_home_that_cannot_be_used_is_wrong_input(
    command: list[str], home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    Path("loop").symlink_to("loop")
    monkeypatch.setenv("RUNBOOK_HOME", home)
    assert "RUNBOOK_HOME" in ends(2, *command, capsys=capsys)


@pytest.mark.parametrize(
    "folder", ["a-file", "a-file/below", "/sys/not-to-be-made", "x" * 300, "a\x1b[31m/../a-file/b"]
)
def test_a_run_folder_that_cannot_be_used_is_wrong_input(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    said = ends(2, "run", "--run-dir", folder, "00", capsys=capsys)
    assert "\x1b" not in said
    assert not (tmp_path / "home").exists(), "nothing was started"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 74),
        (OSError(errno.EMFILE, "Too many open files"), 74),
        (OSError(errno.EIO, "Input/output error"), 74),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), 74),
        (MemoryError(), 74),
        (sqlite3.OperationalError("database or disk is full"), 74),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 2),
        (OSError(errno.EROFS, "Read-only file system", "/x"), 2),
        (sandbox.SandboxNotRunning("not running"), 7),
        (ZeroDivisionError("ours"), BUG_EXIT_CODE),
    ],
    ids=repr,
)
def test_each_failure_has_its_code_in_the_command_and_in_a_kernel(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Path) -> None:
        raise error

    monkeypatch.setattr(sandbox, "status", fail)
    ends(code, "sandbox", "status", capsys=capsys)
    if not isinstance(error, sandbox.SandboxError):
        failed = headless.NotebookFailed(NOTEBOOKS[0], Path(), type(error).__name__, str(error))
        assert failed.status == code


def test_a_wrapped_shortage_is_still_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: Path) -> None:
        try:
            raise OSError(errno.ENFILE, "Too many open files in system")
        except OSError:
            raise RuntimeError("a library's own words") from None

    monkeypatch.setattr(sandbox, "status", fail)
    assert "Too many files are open on this machine" in ends(74, "sandbox", "status", capsys=capsys)


def test_a_bug_of_ours_is_told_even_where_no_log_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Path) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(sandbox, "status", fail)
    monkeypatch.setenv("RUNBOOK_HOME", "/sys/not-to-be-made")
    assert "This is a bug in the runbook: ZeroDivisionError: planted" in ends(
        BUG_EXIT_CODE, "sandbox", "status", capsys=capsys
    )


def limit(kind: int, number: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (number, number))


@pytest.mark.parametrize(
    "before",
    [limit(resource.RLIMIT_NOFILE, 12), limit(resource.RLIMIT_NOFILE, 30), limit(resource.RLIMIT_FSIZE, 4096)],
    ids=["hardly any file handle", "too few file handles", "no room on the disk"],
)
def test_a_machine_at_its_limits_is_not_our_bug(before: Callable[[], None], shared: Path) -> None:
    done = runbook("run", "00", before=before)
    assert done.returncode == machine.MachineFailed.exit_code, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "00"], ["sandbox", "status"]], ids=" ".join)
def test_an_ended_pipe_ends_the_command_as_in_any_shell(arguments: list[str], shared: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = runbook(*arguments, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (machine.OUTPUT_ENDED_EXIT_CODE, "")


def test_a_full_output_is_told(shared: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = runbook("sandbox", "status", stdout=full)
    assert done.returncode == 74
    assert "The disk is full." in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("closed", ["1", "2", "0", "0-2"])
def test_closed_streams_change_nothing(closed: str, shared: Path) -> None:
    closing = " ".join(f"{number}>&-" for number in (range(3) if closed == "0-2" else [int(closed)]))
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{COMMAND}" sandbox status {closing}'], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_any_text_can_be_printed_on_any_terminal(shared: Path) -> None:
    done = runbook("run", "ü✓", PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert done.returncode == 2
    assert "\\u2713'." in done.stderr


def test_bytes_that_are_no_text_are_shown_as_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\\udcff" in ends(2, "run", "\udcff", capsys=capsys)


@pytest.mark.parametrize("content", ["{", "[1]", '{"Name": "a\\u001b[31m\\nDone in 1 s."}', "\xff"])
def test_a_damaged_record_does_not_hide_how_the_run_ended(
    content: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "important-values.json").write_text(content, "latin-1")
    monkeypatch.setattr(headless, "execute", lambda *_: None)
    main.main(["run", "--run-dir", str(tmp_path), "00"])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert said.count("\nDone in") == 1


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be read as one" * 40, b"SQLite format 3\0junk"]
)
def test_a_damaged_state_of_the_sandbox_is_told(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "home" / "sandbox" / "state.sqlite"
    state.parent.mkdir(parents=True)
    state.write_bytes(content)
    assert "is damaged" in ends(7, "sandbox", "reset", "--yes", capsys=capsys)


def test_a_relative_home_is_one_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kernels get, which work in the run's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNBOOK_HOME", "relative")
    folder = tmp_path / "run"
    folder.mkdir()
    seen: dict[str, str] = {}

    def one(*_: Any) -> None:
        seen.update(os.environ)

    monkeypatch.setattr(headless, "_execute_one", one)
    headless.execute(headless.Run(NOTEBOOKS[:1], {}, folder), print)
    assert seen["RUNBOOK_HOME"] == str(tmp_path / "relative")
    assert os.environ["RUNBOOK_HOME"] == "relative"


def test_a_start_that_fails_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from runbook_lib.sandbox import lifecycle

    spawned = []

    def fail(home: Path, process: object, port: int | None) -> None:
        spawned.append(process)
        raise sandbox.SandboxNotRunning("a damaged settings file")

    monkeypatch.setattr(lifecycle, "_wait_until_it_answers", fail)
    with pytest.raises(sandbox.SandboxNotRunning):
        sandbox.start(tmp_path)
    assert spawned[0].poll() == -signal.SIGKILL  # type: ignore[attr-defined]


def test_a_folder_of_a_run_may_have_braces_in_its_name(tmp_path: Path) -> None:
    from papermill.parameterize import parameterize_path

    path = tmp_path / "{run} {0}" / "x.ipynb"
    assert parameterize_path(headless.literal_path(path), {}) == str(path)


def test_a_folder_that_is_not_ours_keeps_its_rights(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir(mode=0o755)
    (tmp_path / "work" / "notes.txt").touch()
    (tmp_path / "again").mkdir(mode=0o755)
    (tmp_path / "again" / "journal.jsonl").write_text(json.dumps({}))
    for name in ("work", "again", "new"):
        machine.check_folder(tmp_path / name)
    rights = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("work", "again", "new")}
    assert rights == {"work": 0o755, "again": 0o700, "new": 0o700}
