"""The owner's key: where it's kept, for how long, and where it never shows."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from runbook_lib import sandbox as door
from runbook_lib.azure.target import Target
from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.owner_key import KEY_FILE, kept_key
from tests import azure
from tests.sandbox.hostile.wire import LOGIN

ARM_NAME = "management.azure.com"


def encoded(settings: door.Settings) -> str:
    return settings.proxy_authorization.removeprefix("Basic ")


def test_it_stays_over_restarts_on_the_same_port(home: Path) -> None:
    first = door.start(home)
    door.stop(home)
    again = door.start(home, port=first.port)
    assert (again.client_url, again.key) == (first.client_url, first.key)
    door.reset(home)
    door.stop(home)
    assert door.start(home, port=first.port).key == first.key


def test_on_another_port_it_is_new(tmp_path: Path) -> None:
    key = kept_key(tmp_path, 46135)
    assert kept_key(tmp_path, 46135) == key
    moved = kept_key(tmp_path, 46136)
    assert moved != key
    assert kept_key(tmp_path, 46135) not in (key, moved), "who listened there meanwhile may have heard it"


def test_it_is_random_long_and_plain(tmp_path: Path) -> None:
    keys = {kept_key(tmp_path, port) for port in range(1, 50)}
    assert len(keys) == 49
    assert all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file's mode says nothing about other users")
def test_only_its_owner_can_read_it_and_a_key_that_others_could_read_is_replaced(tmp_path: Path) -> None:
    key = kept_key(tmp_path, 46135)
    path = tmp_path / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    assert kept_key(tmp_path, 46135) != key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"port": 1}', '{"key": "short", "port": 1}', '{"key": 5, "port": 1}', "\xff"]
)
def test_a_damaged_file_is_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / KEY_FILE
    path.touch(0o600)
    path.write_bytes(content.encode("latin-1"))
    key = kept_key(tmp_path, 1)
    assert (len(key), json.loads(path.read_text("utf-8"))) == (32, {"key": key, "port": 1})


def test_it_does_not_show_by_accident(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    settings = sandbox.settings
    target = Target("sandbox", azure.credential(sandbox, "owner"), sandbox.client_settings)
    with suppress(requests.RequestException):
        requests.get("https://example.com", proxies={"https": settings.client_url}, timeout=5)
    with pytest.raises(requests.ConnectionError) as failed:
        requests.get(LOGIN, proxies={"https": settings.client_url.replace(str(settings.port), "1")}, timeout=5)
    shown = [repr(settings), repr(target), str(failed.value), settings.proxy_url, caplog.text]
    assert [text for text in shown if settings.key in text or encoded(settings) in text] == []


def test_the_servers_log_and_command_line_hold_none(home: Path) -> None:
    settings = door.start(home, pace=door.Pace.INSTANT)
    for method, host in (("GET", "example.com"), ("GET", ARM_NAME), ("POST", ARM_NAME)):
        with suppress(requests.ConnectionError):
            requests.request(
                method,
                f"https://{host}/?{urlencode({'a': 'b'})}",
                proxies={"https": settings.client_url},
                verify=str(settings.ca_file),
                timeout=5,
            )
    door.stop(home)
    log = (settings.folder / "sandbox.log").read_text("utf-8")
    assert f"GET https://{ARM_NAME}/" in log
    assert settings.key not in log and encoded(settings) not in log
    command = Path(f"/proc/{os.getpid()}/cmdline")
    again = door.start(home, pace=door.Pace.INSTANT)
    if command.exists():
        assert again.key.encode() not in Path(f"/proc/{again.pid}/cmdline").read_bytes()
        assert again.key.encode() not in Path(f"/proc/{again.pid}/environ").read_bytes()
    holders = {
        file.name for file in again.folder.iterdir() if file.is_file() and again.key.encode() in file.read_bytes()
    }
    assert holders == {KEY_FILE, "settings.json"}
