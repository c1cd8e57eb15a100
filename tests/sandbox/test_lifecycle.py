"""The sandbox as a process of its own: started, found, used by unprepared programs, reset and stopped."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from runbook_lib import sandbox
from runbook_lib.sandbox import lifecycle, lifecycle_errors
from runbook_lib.sandbox.server import bind
from runbook_lib.sandbox.world import PRODUCTION_ID, TENANT_ID

TOKEN_URL = f"https://login.microsoftonline.com/{TENANT_ID}/oauth2/v2.0/token"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a sandbox that runs for all tests of this module."""
    folder = tmp_path_factory.mktemp("home")
    sandbox.start(folder, port=free_port(), pace=sandbox.Pace.INSTANT)
    yield folder
    sandbox.stop(folder)


@pytest.fixture
def empty_home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    sandbox.stop(tmp_path)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def in_the_sandbox(home: Path, code: str, **extra: str) -> str:
    """Run a program that knows of the sandbox by its environment only, as a user's shell would have it."""
    settings = sandbox.settings(home)
    environment = os.environ | sandbox.environment(settings) | sandbox.service_principal_environment(settings) | extra
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def ask_for_token(home: Path, secret: str) -> requests.Response:
    settings = sandbox.settings(home)
    form = {
        "grant_type": "client_credentials",
        "client_secret": secret,
        "scope": "https://graph.microsoft.com/.default",
        "client_id": sandbox.service_principal_environment(settings)["AZURE_CLIENT_ID"],
    }
    proxies = {"https": settings.client_url}
    return requests.post(TOKEN_URL, form, proxies=proxies, verify=str(settings.ca_file), timeout=5)


def test_a_started_sandbox_says_where_it_is(home: Path) -> None:
    status = sandbox.status(home)
    settings = sandbox.settings(home)
    assert status is not None
    assert (status.pid, status.proxy_url, status.pace) == (settings.pid, settings.proxy_url, sandbox.Pace.INSTANT)
    assert (status.instances, settings.tenant_id) == (0, TENANT_ID)


def test_starting_twice_finds_the_one_that_runs(home: Path) -> None:
    for pace in (None, sandbox.Pace.INSTANT):
        assert sandbox.start(home, port=1, pace=pace) == sandbox.settings(home)


def test_a_running_one_cannot_get_another_pace(home: Path) -> None:
    with pytest.raises(sandbox.OtherPace, match=r"running at pace instant.*stop.*start --pace real") as refused:
        sandbox.start(home, pace=sandbox.Pace.REAL)
    assert isinstance(refused.value, sandbox.SandboxError)
    assert "It keeps its contents." in str(refused.value)
    found = sandbox.status(home)
    assert found and found.pace is sandbox.Pace.INSTANT


def test_two_starts_at_once_make_one_server(empty_home: Path) -> None:
    barrier = threading.Barrier(3)

    def start() -> sandbox.Settings:
        barrier.wait()
        return sandbox.start(empty_home, port=None)

    with ThreadPoolExecutor(3) as pool:
        found = {future.result() for future in [pool.submit(start) for _ in range(3)]}
    assert len(found) == 1


def test_sandboxes_of_several_homes_that_start_at_once_get_a_port_each(tmp_path: Path) -> None:
    homes = [tmp_path / name for name in ("first", "second", "third")]
    barrier = threading.Barrier(len(homes))

    def start(home: Path) -> int:
        barrier.wait()
        return sandbox.start(home).port

    try:
        with ThreadPoolExecutor(len(homes)) as pool:
            assert len(set(pool.map(start, homes))) == len(homes)
    finally:
        for home in homes:
            sandbox.stop(home)


def test_a_port_is_taken_from_the_moment_it_is_bound() -> None:
    with bind(0) as first, pytest.raises(OSError, match="in use"):
        bind(first.getsockname()[1])


def test_it_outlives_the_program_that_started_it(empty_home: Path) -> None:
    code = "import sys, pathlib; from runbook_lib import sandbox; print(sandbox.start(pathlib.Path(sys.argv[1])).pid)"
    pid = subprocess.check_output([sys.executable, "-c", code, str(empty_home)], text=True)
    status = sandbox.status(empty_home)
    assert status is not None and status.pid == int(pid)
    assert os.getsid(status.pid) != os.getsid(0)


def test_without_a_named_port_a_taken_default_port_is_no_obstacle(empty_home: Path) -> None:
    with socket.socket() as other, suppress(OSError):
        other.bind(("127.0.0.1", sandbox.DEFAULT_PORT))
        other.listen()
        assert sandbox.start(empty_home).port != sandbox.DEFAULT_PORT


def test_a_named_port_that_is_taken_is_reported_and_leaves_nothing_running(empty_home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(sandbox.PortTaken, match=f"Another program is using port {port}"):
            sandbox.start(empty_home, port=port)
    assert sandbox.status(empty_home) is None
    assert sandbox.start(empty_home, port=port).port == port


def test_without_a_sandbox_the_message_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(sandbox.SandboxNotRunning, match="runbook sandbox start"):
        sandbox.settings(tmp_path)
    assert sandbox.status(tmp_path) is None
    assert sandbox.stop(tmp_path) is False
    assert list(tmp_path.iterdir()) == []


def test_the_traces_of_a_killed_server_deceive_nobody(empty_home: Path) -> None:
    pid = sandbox.start(empty_home).pid
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while sandbox.status(empty_home) and time.monotonic() < deadline:
        pass
    assert (empty_home / "sandbox" / "settings.json").exists()
    with pytest.raises(sandbox.SandboxNotRunning):
        sandbox.settings(empty_home)
    assert sandbox.start(empty_home).pid != pid


def test_a_server_that_cannot_start_points_at_its_log(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(sandbox.StartFailed, match=r"sandbox\.log"):
        sandbox.start(empty_home)


@pytest.mark.parametrize("intact", [0, 4096])
def test_a_server_whose_state_is_damaged_says_so(empty_home: Path, intact: int) -> None:
    state = empty_home / "sandbox" / "state.sqlite"
    sandbox.start(empty_home)
    sandbox.stop(empty_home)
    content = state.read_bytes()
    state.write_bytes(content[:intact] + b"\xff" * (len(content) - intact))
    with pytest.raises(lifecycle_errors.StateDamaged, match="is damaged") as caught:
        sandbox.start(empty_home)
    assert "log" not in str(caught.value)


def test_stopping_keeps_the_state(empty_home: Path) -> None:
    before = sandbox.service_principal_environment(sandbox.start(empty_home))
    assert sandbox.stop(empty_home) is True
    assert sandbox.status(empty_home) is None
    assert sandbox.service_principal_environment(sandbox.start(empty_home)) == before


def test_a_reset_reaches_the_running_server(home: Path) -> None:
    settings = sandbox.settings(home)
    old = sandbox.service_principal_environment(settings)["AZURE_CLIENT_SECRET"]
    token = ask_for_token(home, old).json()["access_token"]
    store = lifecycle.open_store(home)
    store.delete("subscription", PRODUCTION_ID)
    sandbox.reset(home)
    assert len(store.list("subscription")) == 2
    store.close()
    new = sandbox.service_principal_environment(settings)["AZURE_CLIENT_SECRET"]
    assert ask_for_token(home, old).json()["error_codes"] == [7000215]
    assert ask_for_token(home, new).status_code == 200
    # Whoever is signed in stays so: the signing key is kept.
    users = requests.get(
        "https://graph.microsoft.com/v1.0/users",
        headers={"Authorization": f"Bearer {token}"},
        proxies={"https": settings.client_url},
        verify=str(settings.ca_file),
        timeout=5,
    )
    assert users.status_code == 200


def test_a_reset_clears_the_faults_of_a_running_server(home: Path) -> None:
    secret = sandbox.service_principal_environment(sandbox.settings(home))["AZURE_CLIENT_SECRET"]
    sandbox.add_fault(home, sandbox.Fault(sandbox.Effect.UNAVAILABLE))
    assert ask_for_token(home, secret).json()["error_codes"] == [90033]
    sandbox.reset(home)
    assert sandbox.list_faults(home) == []
    secret = sandbox.service_principal_environment(sandbox.settings(home))["AZURE_CLIENT_SECRET"]
    assert ask_for_token(home, secret).status_code == 200


def test_a_reset_needs_no_server(empty_home: Path) -> None:
    sandbox.reset(empty_home)
    store = lifecycle.open_store(empty_home)
    assert len(store.list("subscription")) == 2
    store.close()


def test_everything_on_disk_is_its_owners_alone(home: Path) -> None:
    folder = home / "sandbox"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {file.name for file in folder.iterdir()} >= {"state.sqlite", "sandbox.log", "settings.json", "ca.pem"}
    assert {file.name: stat.S_IMODE(file.stat().st_mode) & 0o077 for file in folder.iterdir() if file.is_file()} == {
        file.name: 0 for file in folder.iterdir() if file.is_file()
    }


def test_the_log_holds_no_secret(home: Path) -> None:
    secret = sandbox.service_principal_environment(sandbox.settings(home))["AZURE_CLIENT_SECRET"]
    token = ask_for_token(home, secret).json()["access_token"]
    log = (home / "sandbox" / "sandbox.log").read_text()
    assert f"POST {TOKEN_URL} -> 200" in log
    assert secret not in log
    assert token not in log


def test_the_default_credential_chain_needs_only_the_environment(home: Path) -> None:
    code = """
from azure.identity import DefaultAzureCredential
from azure.mgmt.resource.subscriptions import SubscriptionClient
with DefaultAzureCredential() as credential, SubscriptionClient(credential) as client:
    print(*sorted(subscription.display_name for subscription in client.subscriptions.list()), sep=", ")
"""
    assert "Contoso Training" in in_the_sandbox(home, code)


def test_the_environment_overrules_what_a_machine_presets(home: Path) -> None:
    code = """
import requests
print(requests.get("https://login.microsoftonline.com/common/discovery/v2.0/keys", timeout=5).status_code)
"""
    preset = {"NO_PROXY": "*", "no_proxy": "*", "REQUESTS_CA_BUNDLE": "/nowhere", "https_proxy": "http://127.0.0.1:1"}
    environment = preset | sandbox.environment(sandbox.settings(home))
    assert in_the_sandbox(home, code, **environment) == "200"


def test_nothing_else_can_be_reached_with_the_environment(home: Path) -> None:
    code = """
import requests
try:
    requests.get("https://example.com", timeout=5)
except requests.exceptions.ProxyError as error:
    print("403 Forbidden" in str(error), requests.get("http://169.254.169.254/metadata", timeout=5).status_code)
"""
    assert in_the_sandbox(home, code) == "True 403"


def test_a_persona_approves_a_device_code_from_outside(home: Path) -> None:
    settings = sandbox.settings(home)
    with pytest.raises(sandbox.ApprovalFailed, match="This code is not known"):
        sandbox.approve(settings, "ABCDEFGHJ", "owner")


def test_approving_without_a_sandbox_says_so(empty_home: Path) -> None:
    settings = sandbox.start(empty_home)
    gone = sandbox.Settings.from_json(settings.to_json())
    sandbox.stop(empty_home)
    with pytest.raises(sandbox.SandboxError, match="does not answer at"):
        sandbox.approve(gone, "ABCDEFGHJ", "owner")


def test_the_home_is_the_users_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNBOOK_HOME")
    assert sandbox.default_home().name == "adt-setup-runbook"
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    assert sandbox.default_home() == tmp_path


def test_the_door_is_light() -> None:
    code = (
        "import sys, runbook_lib.sandbox as door; door.settings; "
        "print(*({'uvicorn', 'cryptography', 'jwt', 'azure', 'ssl'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == ""


def test_a_foreign_home_does_not_share_the_sandbox(home: Path, tmp_path: Path) -> None:
    assert sandbox.status(home) is not None
    assert sandbox.status(tmp_path) is None
