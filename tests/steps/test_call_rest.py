"""The article's next step one: individual REST calls, and which instance they go to."""

from __future__ import annotations

import pytest

from runbook_lib.parameters import ConnectClientParameters, problems
from runbook_lib.sandbox.roles import DATA_READER
from runbook_lib.sandbox.world import TENANT_ID, persona

from .data import HOST, build, call, statuses
from .plant import SCOPE
from .world import World


def test_calls_are_shown_with_method_address_status_and_body(let_in: World) -> None:
    step = call(let_in)
    assert step.plan().empty
    shown = str(step.apply())
    assert f"GET https://management.azure.com{SCOPE}?api-version=2023-01-31" in shown
    assert f"GET https://{HOST}/models?api-version=2023-10-31" in shown
    assert f"POST https://{HOST}/query?api-version=2023-10-31" in shown
    assert '"COUNT": 0' in shown
    assert "200 OK" in shown
    assert statuses(step.verify()) == ["passed"] * 6


def test_the_token_is_shown_as_its_claims_and_never_itself(let_in: World) -> None:
    step = call(let_in)
    outcome = step.apply()
    shown = [str(outcome), outcome.card().html(), let_in.journal.path.read_text("utf-8")]
    for text in shown:
        assert "eyJ" not in text
        assert persona("owner").id in text
        assert TENANT_ID in text
    assert "aud    https://digitaltwins.azure.net" in shown[0]
    assert "exp    after the sign-in" in shown[0]
    assert "upn    owner@contoso.onmicrosoft.com" in shown[0]


def test_a_token_for_another_service_is_refused_on_purpose(let_in: World) -> None:
    shown = str(call(let_in).apply())
    assert "The models, with the wrong token on purpose → 401" in shown
    assert "<token for https://management.azure.com>" in shown


def test_two_runs_show_the_same(let_in: World) -> None:
    build(let_in).apply()
    let_in.clock.advance(60)
    first = str(call(let_in).apply())
    let_in.clock.advance(60)
    assert '"uploadTime": "(varies)"' in first
    assert str(call(let_in).apply()) == first


def test_the_same_as_commands_and_by_sdk(let_in: World) -> None:
    plan = call(let_in).plan()
    by_hand = "az dt model list --dt-name my-first-twins --resource-group rg-digital-twins"
    plainly = (
        f"az rest --method get --url 'https://{HOST}/models?api-version=2023-10-31' "
        "--resource https://digitaltwins.azure.net"
    )
    place = plan.commands.index(by_hand)
    assert plan.commands[place + 1] == plainly, "each call is followed by its plain twin"
    assert "models = list(client.list_models())" in plan.program
    assert "my-first-twins > Overview > JSON View" in str(plan)


def test_a_service_principal_is_shown_as_one(let_in: World) -> None:
    let_in.somebody_assigns(DATA_READER, persona("setup-pipeline").id, SCOPE, kind="ServicePrincipal")
    shown = str(call(let_in, "setup-pipeline").apply())
    assert f"appid  {persona('setup-pipeline').app_id}" in shown
    assert "idtyp  app" in shown


def test_a_host_name_alone_is_enough(let_in: World) -> None:
    let_in.somebody_assigns(DATA_READER, persona("access-admin").id, SCOPE)
    for given in (HOST, f"https://{HOST}/", HOST.upper()):
        step = call(let_in, "access-admin", host_name=given, subscription="not looked at")
        assert dict(step.plan().choices)["Host name"] == HOST
    assert step.verify().passed


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (f"https://https://{HOST}", "more than once"),
        (f"http://{HOST}", "a scheme other than"),
        (f"{HOST}/models", "has more than the host name"),
        ("my-first-twins", "isn't the host name of an instance"),
    ],
)
def test_each_wrong_way_to_write_a_host_name_is_named(given: str, says: str) -> None:
    assert says in problems(ConnectClientParameters, {"host_name": given})["host_name"]
