"""The guide in Azure Government: every request goes to that cloud's own hosts, and everything works as in Azure."""

from __future__ import annotations

import pytest

from runbook_lib.azure.clouds import GOVERNMENT, PUBLIC
from runbook_lib.azure.target import connect
from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.http import Answer, Request
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import TRAINING_ID
from runbook_lib.steps.data.call_rest import CallRest
from runbook_lib.steps.private_link.step import PrivateAccess
from tests import azure
from tests.steps.test_bad_days import through_the_sandbox

from .world import World

REGION = "usgovvirginia"


@pytest.fixture
def hosts(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The hosts that the sandbox is asked for."""
    seen: set[str] = set()
    handle = sandbox.cloud.handle

    def noting(request: Request) -> Answer:
        seen.add(request.host)
        return handle(request)

    monkeypatch.setattr(sandbox.cloud, "handle", noting)
    return seen


@pytest.fixture
def there(world: World) -> World:
    """A world in Azure Government, with an instance that its owner can use."""
    world.cloud = GOVERNMENT
    world.start_here().apply()
    world.create(region=REGION, connectivity="private", grant_access=True).apply()
    world.clock.advance(600)
    return world


def test_a_sign_in_goes_to_its_own_authority(
    sandbox: Sandbox, hosts: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    through_the_sandbox(sandbox, monkeypatch)
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")
    for way in ("service-principal", "default"):
        target = connect("azure", way)
        assert target.claims()["aud"] == GOVERNMENT.resource_manager
        target.credential.close()  # type: ignore[attr-defined]
    assert hosts == {GOVERNMENT.authority}


def test_the_guide_stays_in_its_cloud(there: World, hosts: set[str]) -> None:
    made = there.create(region=REGION, connectivity="private", grant_access=True)
    assert made.plan().changes == ()
    verified = made.verify()
    assert verified.passed, verified
    sent = CallRest(there.context(), {}).apply()
    private = PrivateAccess(there.context(), {}).verify()
    assert private.passed, private
    there.assign(principal="contributor@contoso.onmicrosoft.com").apply()
    host = next(name for name in hosts if name.endswith(f".{GOVERNMENT.data_suffix}"))
    assert hosts == {"management.usgovcloudapi.net", "graph.microsoft.us", host}
    shown = f"{sent}\n{private}\n{made.plan()}\n{verified}"
    assert "privatelink.digitaltwins.azure.us" in shown
    assert GOVERNMENT.resource_manager in shown
    for public in (PUBLIC.resource_manager, f"{PUBLIC.private_zone}", "api.weu.digitaltwins.azure.net"):
        assert public not in shown


def test_clean_up_takes_all_of_it_back(there: World, hosts: set[str]) -> None:
    there.clean_up(confirm_clean_up=True).apply()
    assert not [host for host in hosts if host.endswith((".azure.com", ".azure.net"))]
    target = there.context().clients
    assert list(target.digital_twins(TRAINING_ID).digital_twins.list()) == []


def test_regions_are_those_of_the_cloud(world: World) -> None:
    world.cloud = GOVERNMENT
    world.start_here().apply()
    offered = [choice.value for choice in world.create().choices("region", {})]
    assert set(offered) == {"usgovarizona", "usgovvirginia"}
    problems = world.create(region="westeurope").plan().problems
    assert [problem.field for problem in problems] == ["region"]


def test_a_token_of_one_cloud_is_none_in_the_other(sandbox: Sandbox) -> None:
    for own, other in ((PUBLIC, GOVERNMENT), (GOVERNMENT, PUBLIC)):
        token = azure.token(sandbox, "owner", own.resource_manager)
        assert peek(token)["aud"] == own.resource_manager
        session = azure.http(sandbox)
        session.headers["Authorization"] = f"Bearer {token}"
        path = "/subscriptions?api-version=2022-12-01"
        assert session.get(f"{own.resource_manager}{path}").status_code == 200
        refused = session.get(f"{other.resource_manager}{path}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "InvalidAuthenticationTokenAudience")
