"""`runbook workshop` and `runbook lab --join`, called as trainers and learners call them."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from runbook_lib.cli import joining
from runbook_lib.workshop import membership
from runbook_lib.workshop.settings import read_settings
from tests.cli.process import called, started
from tests.workshop.school import School


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    made = School(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def labs(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Mapping[str, str]]]:
    """`runbook lab` without JupyterLab: what its kernels would find in their environment."""
    opened: list[Mapping[str, str]] = []

    def open_lab(*_: Any, variables: Mapping[str, str], **__: Any) -> int:
        opened.append(dict(variables))
        return 0

    monkeypatch.setattr("runbook_lib.cli.lab.open_lab", open_lab)
    yield opened
    membership.forget(shared)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_board_is_served_until_ctrl_c_and_goes_on_afterward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes, port = [], free_port()
    for _ in range(2):
        process = started("workshop", "start", "--host", "127.0.0.1", "--port", str(port), RUNBOOK_HOME=str(tmp_path))
        try:
            assert process.stdout
            said = ""
            while "Stop " not in said:
                line = process.stdout.readline()
                assert line, process.stderr and process.stderr.read()
                said += line
            found = re.search(rf"--join (http://127.0.0.1:{port})/(\S+) ", said)
            key = re.search(r"Board +(\S+)", said)
            assert found
            assert key
            assert requests.get(key[1], timeout=10).status_code == 200
            codes.append(found[2])
            monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
            assert called("workshop", "start", "--host", "127.0.0.1", "--port", str(free_port())) == 2
            assert "Another board is running" in capsys.readouterr().err
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
    assert codes[0] == codes[1]
    assert (tmp_path / "workshop" / "board.sqlite").stat().st_mode & 0o077 == 0, "tokens are hashed, and yet"


def test_a_learner_sees_what_travels_and_joins_only_then(
    school: School, labs: list[Mapping[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"{school.address}/{school.code}"
    assert called("lab", "--join", address, "--as", "Ada") == 2
    said = capsys.readouterr()
    assert "the trainer's board gets" in said.out
    assert "nothing was sent" in said.err
    assert (school.shown(), labs) == ({}, [])
    assert called("lab", "--join", address, "--as", "Ada", "--yes") == 0
    assert list(school.shown()) == ["Ada"]
    assert labs == [{"RUNBOOK_WORKSHOP": "1", "RUNBOOK_LEARNER": "Ada", "RUNBOOK_SEED": school.code}]
    assert "To leave:  runbook workshop leave" in capsys.readouterr().out


def test_the_next_lab_is_in_the_class_too_without_asking_or_network(
    school: School, labs: list[Mapping[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"{school.address}/{school.code}"
    assert called("lab", "--join", address, "--as", "Ada", "--yes") == 0
    school.stop()
    assert called("lab") == 0
    assert called("lab", "--join", address, "--as", "Ada") == 0
    assert len(labs) == 3
    assert len({tuple(sorted(one.items())) for one in labs}) == 1
    school.start()


def test_a_board_at_another_address_is_the_same_class(
    school: School, labs: list[Mapping[str, str]], shared: Path
) -> None:
    assert called("lab", "--join", f"{school.address}/{school.code}", "--as", "Ada", "--yes") == 0
    school.stop()
    school.port = 0
    school.start()
    assert called("lab", "--join", f"{school.address}/{school.code}", "--as", "Ada") == 0
    member = membership.read(shared)
    assert member
    assert member.address == school.address
    assert list(school.shown()) == ["Ada"]


def test_without_a_class_a_lab_is_as_it_was(labs: list[Mapping[str, str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert called("lab") == 0
    assert labs == [{}]
    assert "Class" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--join", "http://127.0.0.1:1/AAAA-AAAA", "--yes"], "Add --as NAME"),
        (["--as", "Ada"], "belong to --join"),
        (["--join", "nonsense", "--as", "Ada", "--yes"], "isn't the address of a class"),
    ],
)
def test_what_is_missing_is_named(
    options: list[str], words: str, labs: list[Mapping[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("lab", *options) == 2
    assert words in capsys.readouterr().err
    assert labs == []


def test_a_board_that_is_away_and_a_code_that_is_wrong_are_told_apart(
    school: School, labs: list[Mapping[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("lab", "--join", f"{school.address}/AAAA-AAAA", "--as", "Ada", "--yes") == 2
    assert "class code is wrong" in capsys.readouterr().err
    assert called("lab", "--join", "http://127.0.0.1:1/AAAA-AAAA", "--as", "Ada", "--yes") == 7
    assert "doesn't answer" in capsys.readouterr().err


def test_leaving_is_one_command(
    school: School, labs: list[Mapping[str, str]], shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("lab", "--join", f"{school.address}/{school.code}", "--as", "Ada", "--yes") == 0
    assert called("workshop", "leave") == 0
    said = capsys.readouterr().out
    assert "You've left the class." in said
    personal = re.search(r"--personal (\S+)", said)
    assert personal
    assert school.shown()["Ada"]["left"]
    assert membership.read(shared) is None
    assert called("workshop", "leave") == 0
    assert "in no class" in capsys.readouterr().out
    assert called("lab") == 0
    assert labs[-1] == {}
    again = ["lab", "--join", f"{school.address}/{school.code}", "--as", "Ada", "--yes"]
    assert called(*again) == 2
    assert called(*again, "--personal", personal[1]) == 0
    assert school.shown()["Ada"]["left"] is None


def test_leaving_works_without_network(
    school: School, labs: list[Mapping[str, str]], shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("lab", "--join", f"{school.address}/{school.code}", "--as", "Ada", "--yes") == 0
    school.stop()
    assert called("workshop", "leave") == 0
    assert "doesn't answer" in capsys.readouterr().out
    assert membership.read(shared) is None
    school.start()


def test_handouts_and_summary_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    out = tmp_path / "out.html"
    assert called("workshop", "handouts", "-o", str(out)) == 2, "there's no class yet"
    (tmp_path / "workshop").mkdir(exist_ok=True)
    school = School(tmp_path / "workshop")
    school.start()
    code = school.code
    school.join("Ada")
    school.stop()
    file = tmp_path / "workshop.yaml"
    file.write_text("names: [Ada, Bob]\nhost: 192.0.2.7\nplan: [00-start-here, wrong-id]\n")
    assert called("workshop", "handouts", str(file), "-o", str(out)) == 0
    page = out.read_text("utf-8")
    assert page.count(f"--join http://192.0.2.7:46136/{code} --as") == 2
    assert "<style>" in page, "a file stands on its own"
    assert called("workshop", "summary", "-o", str(out)) == 0
    assert "Ada" in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plan: [no-such-thing]", "plan: Value error, there is no notebook or exercise 'no-such-thing'"),
        ("minuts: 9", "It can set: title, seed, minutes"),
        ("minutes: 0", "greater than or equal to 1"),
        ("[", "isn't valid YAML"),
        ("- a", "the file:"),
    ],
)
def test_a_wrong_file_is_explained(text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "workshop.yaml"
    file.write_text(text)
    assert called("workshop", "start", str(file)) == 2
    assert words in capsys.readouterr().err
    assert called("workshop", "start", str(tmp_path / "none.yaml")) == 2


def test_the_defaults_are_a_class(tmp_path: Path) -> None:
    file = tmp_path / "workshop.yaml"
    file.write_text("")
    assert read_settings(file) == read_settings(None)
    assert read_settings(None).places[:2] == ("start-here", "create-instance")


def test_a_port_that_is_taken_is_explained(school: School, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("workshop", "start", "--host", "127.0.0.1", "--port", str(school.port)) == 2
    assert f"can't listen at 127.0.0.1, port {school.port}" in capsys.readouterr().err


def test_without_the_extra_the_board_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert called("workshop", "start") == 2
    assert "uv sync --extra workshop" in capsys.readouterr().err


def test_a_hub_needs_names_and_its_own_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "workshop.yaml"
    file.write_text("title: Twins")
    assert called("workshop", "hub", str(file)) == 2
    assert "has no names" in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "jupyterhub" else name)
    assert called("workshop", "hub", str(file)) == 2
    assert "uv sync --extra hub" in capsys.readouterr().err


def test_sign_in_codes_differ_by_name_and_by_class_and_are_on_the_handouts() -> None:
    from runbook_lib.workshop.exports import handouts_page
    from runbook_lib.workshop.hub.plan import sign_in_codes
    from runbook_lib.workshop.settings import Settings

    settings = Settings(names=("Ada", "Bob"))
    codes = sign_in_codes(settings, "key")
    assert codes == sign_in_codes(settings, "key")
    assert len({*codes.values(), *sign_in_codes(settings, "other").values()}) == 4
    page = handouts_page(settings, "Twins", "http://192.0.2.7:8000", codes=codes)
    assert codes["ada"] in page
    assert "--join" not in page


def test_learners_need_nothing_of_the_extra_and_the_guide_nothing_of_the_workshop() -> None:
    program = (
        "import sys, runbook_lib.cli.main, runbook_lib.session, runbook_lib.forms.guided, runbook_lib.exercises.shape\n"
        "assert not [one for one in sys.modules if one.startswith('runbook_lib.workshop')]\n"
        "import runbook_lib.workshop.agent, runbook_lib.cli.joining\n"
        "assert not {'starlette', 'segno'} & {*sys.modules}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_travels_is_said_in_full() -> None:
    for words in ("the name you give", "which step or exercise", "hints", "kind of an error", "Nothing on Azure"):
        assert words in joining.WHAT_TRAVELS
