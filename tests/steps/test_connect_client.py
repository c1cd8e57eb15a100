"""The article's next step two: client code that signs in, shown in four languages and run in one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.azure.clouds import GOVERNMENT
from runbook_lib.parameters import CREDENTIALS, LANGUAGES
from runbook_lib.sandbox import environment
from runbook_lib.sandbox.lifecycle import credential_environment
from runbook_lib.sandbox.roles import DATA_READER
from runbook_lib.sandbox.world import TENANT_ID, persona
from runbook_lib.steps.data import client_code
from runbook_lib.steps.data.example import MODELS
from tests.sandbox.command_line import NODE_FOLDER, with_node

from .data import HOST, build, connect, statuses
from .plant import SCOPE
from .world import World


@pytest.fixture
def built(let_in: World) -> World:
    """A world whose instance holds the factory."""
    build(let_in).apply()
    return let_in


def test_the_code_is_shown_run_and_its_replacements_are_named(built: World) -> None:
    step = connect(built)
    outcome = step.apply()
    shown = str(outcome)
    assert f'url = "https://{HOST}"' in shown
    assert "credential = DefaultAzureCredential()" in shown
    assert "dtmi:com:contoso:factory:Machine;1" in shown
    assert "your current sign-in instead of DefaultAzureCredential()" in shown
    assert "connection_verify and proxies for the client" in shown
    assert statuses(step.verify()) == ["passed", "passed"]
    assert step.undo().removed == ()


THERE = "my-first-twins.api.ugv.digitaltwins.azure.us"
"""A host name in Azure Government."""


@pytest.mark.parametrize("host", [HOST, THERE])
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_python_for_every_credential_compiles(credential: str, host: str) -> None:
    code = client_code.write("python", credential, f"https://{host}", TENANT_ID)
    compile(code.text, "client.py", "exec")
    scope: dict[str, Any] = {}
    imports = [line for line in code.text.splitlines() if line.startswith("from ")]
    exec("\n".join([*imports, f"made = {code.sign_in}"]), scope)
    assert type(scope["made"]).__name__ == code.credential
    scope["made"].close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("host", [HOST, THERE])
def test_code_of_every_language_holds_the_instances_values(language: str, credential: str, host: str) -> None:
    text = client_code.write(language, credential, f"https://{host}", TENANT_ID).text
    assert f'"https://{host}"' in text
    assert (GOVERNMENT.authority in text) == (host == THERE and credential != "managed-identity")
    assert client_code.CLASSES[credential] in text
    assert (TENANT_ID in text) == (credential == "browser")
    assert "$" not in text


def test_what_cannot_run_here_is_shown_with_the_reason(built: World) -> None:
    for values, reason in (
        ({"language": "C#"}, "not .NET (C#)"),
        ({"credential": "browser"}, "opens a browser window"),
        ({"credential": "managed-identity"}, "only a machine in Azure"),
    ):
        step = connect(built, **values)
        assert reason in dict(step.plan().choices)["Run here"]
        assert f'"https://{HOST}"' in str(step.apply())
        assert statuses(step.verify()) == ["passed", "not tried"]


@pytest.mark.parametrize("language", ["python", pytest.param("javascript", marks=with_node)])
def test_the_code_as_it_is_runs_with_nothing_but_the_environment_set(
    built: World, tmp_path: Path, language: str
) -> None:
    sandbox = built.sandbox
    built.somebody_assigns(DATA_READER, persona("setup-pipeline").id, SCOPE, kind="ServicePrincipal")
    code = client_code.write(language, "default", f"https://{HOST}", TENANT_ID)
    program = tmp_path / code.language.file
    program.write_text(code.text, "utf-8")
    if language == "javascript":  # whose packages are looked for beside the program
        (tmp_path / "node_modules").symlink_to(Path(NODE_FOLDER) / "node_modules")
    signed_in = credential_environment(sandbox.cloud.store)
    done = subprocess.run(
        [{"python": sys.executable, "javascript": "node"}[language], str(program)],
        env={"PATH": os.environ["PATH"], **environment(sandbox.settings), **signed_in},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(model["@id"] for model in MODELS)
