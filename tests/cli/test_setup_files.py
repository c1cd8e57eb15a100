"""Setup files that aren't what they seem: one short message that names the line or the parameter, and exit code 2."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from runbook_lib.cli import main
from runbook_lib.cli.setup_file import SIZE_LIMIT, read_setup_file

ODD = {
    # what YAML makes of a value without saying so
    "a date": ("instance_name: 2024-12-25", "line 1: YAML reads the value of instance_name as a date"),
    "a date that can't be": ("region: x\ninstance_name: 2024-13-45", "line 2"),
    "a moment": ("instance_name: 2024-12-25T10:00:00Z", "as a date"),
    "an octal number": ("timeout_minutes: 010", "special notation"),
    "a number of base sixty": ("timeout_minutes: 1:30", "special notation"),
    "a hexadecimal number": ("timeout_minutes: 0x1F", "special notation"),
    "infinity": ("timeout_minutes: .inf", "special notation"),
    "a giant number": ("timeout_minutes: " + "9" * 5000, "a number of 5000 digits"),
    "a flag for a number": ("timeout_minutes: true", "timeout_minutes"),
    "a fraction": ("timeout_minutes: 1.5", "timeout_minutes"),
    "a flag for text": ("region: no", "region"),
    "a number for text": ("instance_name: 2024", "put it in quotes"),
    "a number for a flag": ("confirm: 1", "Use true or false"),
    "nothing": ("region:", "line 1: region has no value"),
    "nothing, spelled out": ("region: null", "region has no value"),
    # twice, or not what it should be
    "a name given twice": ("region: a\ninstance_name: b\nregion: c", "line 3: region is set twice, first in line 1"),
    "a tag given twice": ("tags:\n  a: b\n  a: c", "line 3: a is set twice"),
    "a number in a mapping": ("tags: {team: blue, floor: 7}", "The value of floor is a number"),
    "a flag in a mapping": ("tags: {team: blue, on: yes}", "The value of on is true or false"),
    "a mapping in a mapping": ("tags: {team: {a: b}}", "The value of team is a mapping"),
    "a list of tags": ("tags: [a, b]", "The value of tags is a list"),
    "a list": ("- instance_name: plant-7", "line 1: This is a list"),
    "text": ("instance_name=plant-7", "line 1: This is text"),
    "two documents": ("region: a\n---\nregion: b", "line 2: A second document"),
    "a list as a name": ("? [a]\n: b", "line 1: A name must be text"),
    "a near miss": ("instnce_name: plant-7", "Did you mean instance_name?"),
    "thousands of unknown names": ("\n".join(f"x{n}: y" for n in range(9000)), "x0, x1, x2 and 8997 more"),
    "thousands of tags": ("tags:\n" + "\n".join(f" t{n}: x" for n in range(20000)), "20000 tags. Azure allows 50"),
    "a very long value": ("instance_name: " + "x" * 100_000, "100000 of at most 63"),
    # what makes a parser run wild
    "an alias": ("region: &r westeurope\ninstance_name: *r", "line 1: &r names a value"),
    "laughs by the billion": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "line 1"),
    "a mapping of itself": ("tags: &t {a: *t}", "line 1"),
    "depth": ("[" * 50_000, "line 1: This is a list"),
    "depth below a name": ("region: " + "{a: " * 50_000, "line 1"),
    "a Python object": ("region: !!python/object/apply:os.system [id]", "line 1: A YAML tag"),
    "another type": ("timeout_minutes: !!int '5'", "line 1: A YAML tag"),
    # no text
    "a control character": ('tags: {team: "a\\e]0;x\\ab"}', "U+001B, U+0007"),
    "a control character in a name": ('tags: {"a\\eb": c}', "U+001B"),
    "a bidirectional control": ('principal: "\\u202Eevil"', "U+202E"),
    "half a pair": ('principal: "\\uD800"', "U+D800"),
    "a null character": ("region: a\nb: \0", "line 2: The character U+0000"),
    "a tab": ("region: a\n\tregion: b", "line 2: This isn't valid YAML"),
    "an open bracket": ("tags: {a: b\nregion: c", "line 2: This isn't valid YAML"),
}


@pytest.mark.parametrize(("content", "said"), ODD.values(), ids=ODD)
def test_an_odd_file_is_wrong_input_and_named_shortly(
    content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "setup.yaml"
    file.write_text(content, "utf-8")
    began = time.process_time()
    with pytest.raises(SystemExit) as stopped:
        main.main(["run", "-f", str(file)])
    assert time.process_time() - began < 5
    message = capsys.readouterr().err
    assert stopped.value.code == 2, message
    assert said in message
    assert len(message) < 600
    assert not (tmp_path / "home").exists(), "nothing was started"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"region: a\ninstance_name: \xff", "line 2: This isn't UTF-8"), (b"#" * (SIZE_LIMIT + 1), "too large")],
)
def test_other_bytes_are_refused(content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "setup.yaml"
    file.write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        main.main(["run", "-f", str(file)])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", ".", "no\nsuch\x1b[31mfile", "setup.yaml/inside"])
def test_a_file_that_cannot_be_read_is_named_safely(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("setup.yaml").touch()
    with pytest.raises(SystemExit) as stopped:
        main.main(["run", "-f", name])
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert "Can't read the file" in message
    assert "\x1b" not in message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_good_values_arrive_as_they_are_written(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "setup.yaml"
    file.write_bytes(
        "# our plant\r\ninstance_name: '2024-12-25'\r\nregion: North Europe\r\ntimeout_minutes: 15\r\n"
        "system_assigned: on\r\ngrant_access: true\r\ntags:\r\n  floor: '7'\r\n  büro: a=b\r\n".encode(encoding)
    )
    assert read_setup_file(file) == {
        "instance_name": "2024-12-25",
        "region": "North Europe",
        "timeout_minutes": 15,
        "system_assigned": True,
        "grant_access": True,
        "tags": {"floor": "7", "büro": "a=b"},
    }


@pytest.mark.parametrize("content", ["", "# nothing but remarks\n", "---\n", "{}"])
def test_an_empty_file_gives_no_parameters(content: str, tmp_path: Path) -> None:
    file = tmp_path / "setup.yaml"
    file.write_text(content, "utf-8")
    assert read_setup_file(file) == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-p", "mode", "guided"], "nobody is here to fill them in"),
        (["-p", "region", "a", "-p", "region", "b"], "region is given twice"),
        (["--target", "azure", "-p", "target", "sandbox"], "target is given twice"),
        (["-p", "timeout_minutes", "1e1"], "timeout_minutes"),
        (["-p", "timeout_minutes", "1_0"], "timeout_minutes"),
        (["-p", "principal", "a\x1b[31mb"], "U+001B"),
        (["-p", "principal", "a\nb"], "U+000A"),
        (["-p", "tenant", "not a tenant"], "isn't a tenant"),
        (["-p", "tenant", "https://contoso.com/"], "isn't a tenant"),
        (["-p", "", "x"], "(empty)"),
        (["-p", "\x1b[31m", "x"], "\\x1b[31m"),
        (["\x1b[31m"], "\\x1b[31m"),
    ],
)
def test_odd_arguments_are_wrong_input(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main.main(["run", *arguments])
    message = capsys.readouterr().err
    assert stopped.value.code == 2, message
    assert said in message
    assert "\x1b" not in message
    assert not (tmp_path / "home").exists()
