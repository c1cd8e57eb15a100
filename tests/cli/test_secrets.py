"""Secrets stay where they are: in the environment, and in no parameter, output or file."""

from __future__ import annotations

import base64
import html
import json
import os
import stat
import urllib.parse
from pathlib import Path

import pytest

from runbook_lib import sandbox
from runbook_lib.cli import headless, lab, main
from runbook_lib.cli.secrets import SecretFound, refuse_secrets, remove_secrets, search_files, secrets_of
from runbook_lib.errors import InputError
from runbook_lib.parameters.naming_rules import secret_name
from tests.cli.process import runbook

CANARY = 'canary~7&"ü /+plain<y'
"""Each spelling of it is another one: it has what JSON, HTML and URLs escape."""

SECRETS = {
    "AZURE_CLIENT_SECRET": f"1{CANARY}",
    "AZURE_PASSWORD": f"2{CANARY}",
    "ARM_CLIENT_SECRET": f"3{CANARY}",
    "GITHUB_TOKEN": f"4{CANARY}",
    "STORAGE_ACCOUNT_KEY": f"5{CANARY}",
    "EVENT_HUB_CONNECTION_STRING": f"Endpoint=sb;SharedAccessKey=6{CANARY}",
    "HTTP_PROXY": "http://user:7canary-of-a-proxy@127.0.0.1:1",
}


def spellings(secret: str) -> dict[str, str]:
    """Write a secret as programs do."""
    return {
        "clear": secret,
        "JSON": json.dumps(secret)[1:-1],
        "JSON without escapes": json.dumps(secret, ensure_ascii=False)[1:-1],
        "JSON in JSON": json.dumps(json.dumps(secret))[1:-1],
        "HTML": html.escape(secret),
        "HTML in JSON": json.dumps(html.escape(secret)),
        "a path": urllib.parse.quote(secret),
        "a query": urllib.parse.quote_plus(secret),
        "an address": urllib.parse.quote(secret, safe=""),
        "base64": base64.b64encode(secret.encode()).decode(),
        "base64 for addresses": base64.urlsafe_b64encode(secret.encode()).decode(),
        "basic authentication": base64.b64encode(f"user:{secret}".encode()).decode(),
        "base64 in the middle": base64.b64encode(f"{{'a': '{secret}', 'b': 1}}".encode()).decode(),
    }


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def leaks(text: str) -> list[str]:
    """Name the canaries that stand in a text, in any spelling."""
    canaries = [*SECRETS.values(), "7canary-of-a-proxy"]
    return [
        f"{form} of {secret[:6]}" for secret in canaries for form, said in spellings(secret).items() if said in text
    ]


def test_a_whole_run_writes_no_secret_and_nothing_for_others(secrets: None, shared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "run"
    done = runbook("run", "--run-dir", str(folder), "-p", "instance_name", "canaries", "00", "01")
    assert done.returncode == 0, done.stderr
    assert leaks(done.stdout + done.stderr) == []
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"00-start-here.ipynb", "journal.jsonl", "important-values.json"} <= {path.name for path in files}
    for path in files:
        assert leaks(path.read_text("utf-8")) == [], path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for place in (folder, folder.parent):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.parametrize("form", spellings(CANARY))
def test_every_spelling_is_found_in_files_and_taken_from_output(form: str, secrets: None, tmp_path: Path) -> None:
    said = spellings(SECRETS["AZURE_CLIENT_SECRET"])[form]
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "cell.ipynb").write_text(f"before {said} after", "utf-8")
    with pytest.raises(SecretFound, match=r"AZURE_CLIENT_SECRET in sub/cell\.ipynb") as found:
        search_files(tmp_path, secrets_of())
    assert leaks(str(found.value)) == []
    assert leaks(remove_secrets(said, secrets_of())) == []


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("channel", ["parameter", "inside a parameter", "tag", "file", "notebook", "name of a folder"])
def test_a_value_that_holds_a_secret_is_refused_before_anything_runs(
    name: str, channel: str, secrets: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "7canary-of-a-proxy" if name == "HTTP_PROXY" else SECRETS[name]
    setup = tmp_path / "setup.yaml"
    setup.write_text(json.dumps({"principal": secret}), "utf-8")
    arguments = {
        "parameter": ["-p", "principal", secret],
        "inside a parameter": ["-p", "subscription", f"My {secret}!"],
        "tag": ["-p", "tags", f"team=blue, other={secret}"],
        "file": ["-f", str(setup)],
        "notebook": [secret],
        "name of a folder": ["--run-dir", str(tmp_path / urllib.parse.quote(secret, safe=""))],
    }[channel]
    with pytest.raises(SystemExit) as stopped:
        main.main(["run", *arguments])
    said = capsys.readouterr()
    assert stopped.value.code == 2
    assert name in said.err
    assert leaks(said.out + said.err) == []
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["-p", "client_secret", CANARY],
        ["-p", f"client_secret={CANARY}", "x"],
        ["-p", f"AZURE_CLIENT_SECRET: {CANARY}", "x"],
        ["-f", "wrong.yaml"],
        ["-f", "text.yaml"],
        ["-f", "open.yaml"],
        ["-f", "twice.yaml"],
        ["-f", "unknown.yaml"],
    ],
    ids=lambda value: value[1][:12],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not one of the environment: just what a person has typed where no secret belongs."""
    monkeypatch.chdir(tmp_path)
    Path("wrong.yaml").write_text(f"client_secret: [{CANARY}, x]\n", "utf-8")
    Path("text.yaml").write_text(f"client_secret={CANARY}\n", "utf-8")
    Path("open.yaml").write_text(f"client_secret: '{CANARY}\n", "utf-8")
    Path("twice.yaml").write_text(f"client_secret: {CANARY}\nclient_secret: {CANARY}\n", "utf-8")
    Path("unknown.yaml").write_text(f"client_secret: {CANARY}\n", "utf-8")
    with pytest.raises(SystemExit) as stopped:
        main.main(["run", *arguments])
    said = capsys.readouterr()
    assert stopped.value.code == 2
    assert "canary" not in said.out + said.err


def test_a_leak_of_ours_ends_the_run_loudly(
    secrets: None, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leak(run: headless.Run, say: headless.Print, _kernel: object = None) -> None:
        (run.folder / "x.ipynb").write_text(SECRETS["GITHUB_TOKEN"], "utf-8")
        say(f"a line with {SECRETS['GITHUB_TOKEN']}")

    monkeypatch.setattr(headless, "execute", leak)
    with pytest.raises(SystemExit) as stopped:
        main.main(["run", "--run-dir", str(tmp_path / "run"), "00"])
    said = capsys.readouterr()
    assert stopped.value.code == SecretFound.exit_code == 8
    assert "GITHUB_TOKEN in x.ipynb" in said.err
    assert leaks(said.out + said.err) == []


def test_files_of_others_in_the_folder_are_not_searched(secrets: None, tmp_path: Path) -> None:
    mine, ours = tmp_path / ".env", tmp_path / "journal.jsonl"
    mine.write_text(SECRETS["GITHUB_TOKEN"], "utf-8")
    ours.write_text("{}", "utf-8")
    os.utime(mine, (1000, 1000))
    search_files(tmp_path, secrets_of(), since=2000)
    os.utime(mine, (3000, 3000))
    with pytest.raises(SecretFound, match="env"):
        search_files(tmp_path, secrets_of(), since=2000)


def test_a_bug_of_ours_is_logged_without_secrets(
    secrets: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Path) -> None:
        raise ZeroDivisionError(SECRETS["AZURE_PASSWORD"])

    monkeypatch.setattr(sandbox, "status", broken)
    with pytest.raises(SystemExit):
        main.main(["sandbox", "status"])
    log = tmp_path / "home" / "runbook.log"
    assert leaks(capsys.readouterr().err + log.read_text("utf-8")) == []
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_working_copies_are_for_their_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sandbox, "start", lambda _: sandbox.Settings("", tmp_path, tmp_path, "", sandbox.Pace.REAL, "", 1, "")
    )
    monkeypatch.setattr(lab, "open_lab", lambda *_, **__: 0)
    main.main(["lab"])
    for path in (tmp_path / "home").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.parametrize(
    "name", ["AZURE_CLIENT_SECRET", "DB_PASSWORD", "GH_TOKEN", "NPM_TOKENS", "API_KEY", "ACCOUNT_KEY", "dbPassword"]
)
def test_secrets_are_known_by_their_names(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize(
    "name", ["KEYBOARD", "SSH_KEY_TYPE", "TOKENIZERS_PARALLELISM", "PWD", "HOME", "MONKEY", "OLDPWD"]
)
def test_other_names_are_left_alone(name: str) -> None:
    assert secrets_of({name: "something-long-7"}) == ()


@pytest.mark.parametrize("value", ["", "true", "disabled", "12345678", "/run/secrets/token", "https://vault/token-7"])
def test_what_is_too_plain_to_be_a_secret_is_not_searched_for(value: str) -> None:
    assert secrets_of({"GIT_TOKEN": value}) == ()


def test_a_short_secret_of_azure_counts_all_the_same() -> None:
    with pytest.raises(InputError):
        refuse_secrets({"principal": "ab12"}, secrets_of({"AZURE_CLIENT_SECRET": "ab12"}))
