"""The recipes for pipelines are valid, and say only what the command knows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from runbook_lib.cli.headless import prepare
from runbook_lib.cli.main import runbook
from runbook_lib.guide import folder

PAGE = (folder() / "PIPELINES.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SETUP, GITHUB, DEVOPS = (yaml.safe_load(block) for block in BLOCKS)


def texts(value: Any) -> Iterator[str]:
    """Walk through all texts of a recipe."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def commands(recipe: Any) -> list[list[str]]:
    """Return the arguments of each call of the command."""
    found = []
    for text in texts(recipe):
        for line in text.splitlines():
            words = shlex.split(line.partition("||")[0])
            if "runbook" in words:
                assert words[:4] == ["python3", "-m", "uv", "run"]
                found.append(words[words.index("runbook") + 1 :])
    return found


def parsed(arguments: list[str]) -> click.Context:
    """Let the command read its arguments, without doing anything."""
    name, *rest = arguments
    command = runbook.get_command(click.Context(runbook), name)
    assert command is not None, f"there is no command {name}"
    return command.make_context(name, rest, resilient_parsing=False)


def test_the_setup_file_is_one(tmp_path: Path) -> None:
    assert prepare([], SETUP).values == SETUP


@pytest.mark.parametrize("recipe", [GITHUB, DEVOPS], ids=["GitHub Actions", "Azure DevOps"])
def test_the_commands_and_parameters_exist(recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "record").mkdir()
    found = [parsed(arguments) for arguments in commands(recipe)]
    assert [one.info_name for one in found] == ["plan", "run", "verify", "run"]
    for one in found:
        prepare([], dict(one.params.get("parameter") or ()))
        assert one.params.get("target", "azure") == "azure"
    assert all(str(one.params["run_dir"]) == "record" for one in found if one.info_name == "run")


SCRIPTS = [text for recipe in (GITHUB, DEVOPS) for text in texts(recipe) if "runbook" in text]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_ends_with_the_command_that_fails(script: str, tmp_path: Path) -> None:
    failing, called = tmp_path / "python3", tmp_path / "called"
    failing.write_text(f'#!/bin/sh\necho "$@" >> {shlex.quote(str(called))}\nexit 3\n')
    failing.chmod(0o700)
    shell = "bash -e" if script in texts(GITHUB) else "bash"  # as GitHub and the task AzureCLI start it
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run([*shell.split(), "-c", script], env={"PATH": path}, check=False)
    assert done.returncode != 0
    assert len(called.read_text().splitlines()) == 1


def test_no_secret_is_needed_and_the_record_is_kept_whatever_happens() -> None:
    assert "secrets." not in PAGE
    assert GITHUB["permissions"]["id-token"] == "write"
    keep = GITHUB["jobs"]["setup"]["steps"][-1]
    assert keep["if"].startswith("always()")
    assert keep["with"]["path"] == "record"
    assert DEVOPS["steps"][-1]["condition"].startswith("and(always()")
