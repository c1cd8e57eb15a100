"""The project's own promises: pins, environment, rooms, and that whatever is public is documented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

import runbook_lib
from runbook_lib import errors
from runbook_lib.cli import main
from runbook_lib.guide import NOTEBOOKS
from tests.notebooks import refresh

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
README = (ROOT / "README.md").read_text("utf-8")


def test_rooms_import_only_what_they_may() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_dependency_is_pinned_and_no_pin_has_an_address() -> None:
    pins = {Requirement(pin).name: Requirement(pin) for pin in PROJECT["tool"]["uv"]["constraint-dependencies"]}
    extras = PROJECT["project"]["optional-dependencies"].values()
    lines = [*PROJECT["project"]["dependencies"], *(line for extra in extras for line in extra)]
    for line in (*lines, *PROJECT["dependency-groups"]["dev"]):
        wanted = Requirement(line)
        if wanted.name == PROJECT["project"]["name"]:  # its own extras
            continue
        (exact,) = pins[wanted.name.lower().replace("_", "-")].specifier
        assert exact.operator == "=="
        assert Version(exact.version) in wanted.specifier
        assert pins[wanted.name.lower().replace("_", "-")].url is None


def test_an_installed_package_has_the_notebooks_where_the_guide_looks_for_them() -> None:
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {"notebooks": "runbook_lib/notebooks"}


def test_environment_yml_describes_the_same_environment() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    *conda, pip = environment["dependencies"]
    assert pip == {"pip": ["-e ."]}
    assert [line.partition("=")[0].rstrip(">") for line in conda] == ["python", "pip"]
    python = Version(conda[0].removeprefix("python=") + ".0")
    assert python in Requirement(f"x{PROJECT['project']['requires-python']}").specifier


@pytest.mark.parametrize("name", runbook_lib.__all__)
def test_public_name_is_documented(name: str) -> None:
    assert getattr(runbook_lib, name).__doc__, f"{name} has no docstring"
    assert f"`{name}`" in README


def commands(group: click.Group, prefix: str) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in group.commands.items():
        path = f"{prefix} {name}"
        found += commands(command, path) if isinstance(command, click.Group) else [(path, command)]
    return found


COMMANDS = commands(main.runbook, "runbook")


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[path for path, _ in COMMANDS])
def test_command_is_documented(path: str, command: click.Command) -> None:
    assert f"`{path}" in README
    text = command.get_help(click.Context(command))
    assert path in text.partition("Example")[2], "every command's help has an example"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} has no help"


def test_every_parameter_is_documented_as_it_is() -> None:
    for name in {name for notebook in NOTEBOOKS for name in notebook.parameters.model_fields}:
        assert re.search(rf"^\| `{name}` \|", refresh.parameters_page(), re.MULTILINE), name
    page = refresh.PAGE.read_text("utf-8")
    assert page == refresh.parameters_page(), "refresh the page: python -m tests.notebooks.refresh"


def test_every_exit_code_is_documented_and_distinct() -> None:
    kinds: tuple[type[errors.RunbookError], ...] = (
        errors.InputError,
        errors.PermissionMissing,
        errors.AzureRefused,
        errors.TimedOut,
        errors.SignInFailed,
        errors.Unreachable,
    )
    codes = [kind.exit_code for kind in kinds] + [errors.BUG_EXIT_CODE]
    assert len(set(codes)) == len(codes)
    assert set(codes) <= set(main.EXIT_CODES)
    for code in main.EXIT_CODES:
        assert re.search(rf"^\| {code} \|", README, re.MULTILINE), code


def test_readme_and_ci_run_the_same_test_command() -> None:
    command = "python3 -m uv run --group dev pytest -n auto"
    assert command in README
    assert command in (ROOT / ".ci" / "run").read_text("utf-8")


def test_no_file_holds_a_path_or_a_registry_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    forbidden = re.compile("|".join(["/ro" + "ot/", "/wo" + "rk/", "pypi" + r"\.org", "python" + "hosted"]))
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix not in {".png"} and path.exists():
            found = forbidden.search(path.read_text("utf-8"))
            assert not found, f"{name}: {found and found[0]}"


def test_home_is_not_the_users_own() -> None:
    assert "RUNBOOK_HOME" in os.environ, "tests must never touch the runbook folder of whoever runs them"
