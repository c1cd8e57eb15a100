"""The article's next steps: REST calls, a graph of twins, and client code that signs in."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.mgmt.digitaltwins.models import DigitalTwinsPatchDescription, DigitalTwinsPatchProperties

from runbook_lib.clients import Clients
from runbook_lib.errors import AzureRefused, InputError, PermissionMissing, SignInFailed, TimedOut
from runbook_lib.parameters import CREDENTIALS, LANGUAGES, ConnectClientParameters, problems
from runbook_lib.sandbox import Sandbox, environment
from runbook_lib.sandbox.roles import DATA_OWNER, DATA_READER
from runbook_lib.sandbox.world import TENANT_ID, TRAINING_ID, persona
from runbook_lib.steps import BuildGraph, CallRest, ConnectClient, Context, client_code
from runbook_lib.steps.factory import MODELS, Factory
from runbook_lib.target import Target
from tests import azure

from .world import NoPresenter, Phases, World

HOST = "my-first-twins.api.weu.digitaltwins.azure.net"
SCOPE = (
    f"/subscriptions/{TRAINING_ID}/resourceGroups/rg-digital-twins/providers/Microsoft.DigitalTwins"
    "/digitalTwinsInstances/my-first-twins"
)


@pytest.fixture
def there(ready: World) -> World:
    """A world with an instance to whose data nobody has access."""
    ready.create().apply()
    ready.slept.clear()
    return ready


@pytest.fixture
def let_in(there: World) -> World:
    """A world whose owner may use the instance's data."""
    there.somebody_assigns(DATA_OWNER, persona("owner").id, SCOPE)
    return there


def call(world: World, who: str = "owner", **values: Any) -> CallRest:
    return CallRest(world.context(who), values)


def build(world: World, who: str = "owner", **values: Any) -> BuildGraph:
    return BuildGraph(world.context(who), values)


def connect(world: World, who: str = "owner", **values: Any) -> ConnectClient:
    return ConnectClient(world.context(who), values)


def statuses(proof: Any) -> list[str]:
    return [check.status for check in proof.checks]


# REST


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
    step = call(let_in)
    commands = step.plan().commands
    assert "az dt model list --dt-name my-first-twins --resource-group rg-digital-twins" in commands
    assert (
        f"az rest --method get --url 'https://{HOST}/models?api-version=2023-10-31' "
        "--resource https://digitaltwins.azure.net"
    ) in commands
    assert "models = list(client.list_models())" in str(step.apply())


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


def test_who_knows_the_host_name_only_can_build_and_take_back(let_in: World) -> None:
    reader, store = persona("reader").id, let_in.sandbox.cloud.store
    for assignment in store.list("role-assignment"):
        if assignment["principalId"] == reader:
            place = f"{assignment['scope']}/providers/Microsoft.Authorization/roleAssignments/{assignment['name']}"
            assert store.delete("role-assignment", place)
    let_in.somebody_assigns(DATA_OWNER, reader, SCOPE)
    step = build(let_in, "reader", host_name=HOST)
    assert step.plan().changes[0].resource_id.startswith(f"https://{HOST}/models/")
    assert f"az dt twin query --dt-name {HOST} " in str(step.plan())
    step.apply()
    assert step.verify().passed
    undone = step.undo()
    assert (len(undone.removed), undone.kept) == (16, ())
    assert step.undo().removed == ()


# No access


def test_who_has_no_role_for_the_data_is_told_the_way_to_notebook_02(there: World) -> None:
    for step in (call(there), build(there), connect(there)):
        plan = step.plan()
        assert plan.blocked
        assert plan.changes == ()
        with pytest.raises(PermissionMissing) as caught:
            step.apply()
        error = caught.value
        assert "403 with an empty body" in error.message
        assert "Owner and Contributor manage the instance" in error.meaning
        assert "02-assign-access" in error.remedy
        assert error.scope == SCOPE
        assert persona("owner").id in error.request
    assert there.journal.made("build-graph") == ()


def test_a_reader_of_the_data_is_told_what_it_takes_to_write(there: World) -> None:
    there.somebody_assigns(DATA_READER, persona("owner").id, SCOPE)
    with pytest.raises(PermissionMissing) as caught:
        build(there).apply()
    assert "You may read the instance's data, but not do" in caught.value.message
    assert caught.value.role == "Azure Digital Twins Data Owner"
    assert call(there).apply()


def test_a_role_that_does_not_work_yet_is_waited_for(there: World) -> None:
    there.assign().apply()
    step, phases = build(there), Phases()
    plan = step.plan()
    assert not plan.blocked
    assert "does not work yet" in plan.problems[0].message
    assert "What is there shows once you may read the data." in str(plan)
    assert step.apply(phases).made
    assert "Waiting for the role to take effect" in phases.texts
    assert there.slept


def test_public_access_that_is_off_is_told_from_a_missing_role(let_in: World) -> None:
    patch = DigitalTwinsPatchDescription(properties=DigitalTwinsPatchProperties(public_network_access="Disabled"))
    client = azure.management(let_in.sandbox).digital_twins
    client.begin_update("rg-digital-twins", "my-first-twins", patch, polling=False)
    let_in.clock.advance(600)
    with pytest.raises(AzureRefused) as caught:
        call(let_in).apply()
    assert "public network access is off" in caught.value.message
    assert "04-private-access" in caught.value.remedy


def test_waiting_for_a_role_ends(there: World) -> None:
    there.assign().apply()
    there.stuck = True
    with pytest.raises(TimedOut):
        call(there).apply()


def test_a_missing_instance_is_told_by_every_verb(ready: World) -> None:
    for step in (call(ready), build(ready), connect(ready)):
        with pytest.raises(InputError) as caught:
            step.apply()
        assert "01-create-instance" in caught.value.remedy
        assert statuses(step.verify()) == ["failed"]


# Pitfalls


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (f"https://https://{HOST}", "more than once"),
        (f"http://{HOST}", "another scheme"),
        (f"{HOST}/models", "goes on after the host name"),
        ("my-first-twins", "no host name of an instance"),
    ],
)
def test_each_wrong_way_to_write_a_host_name_is_named(given: str, says: str) -> None:
    assert says in problems(ConnectClientParameters, {"host_name": given})["host_name"]


class _OtherTenant:
    """Somebody who is signed in to another tenant."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        audience = scopes[0].removesuffix("/.default")
        tenant = "11111111-2222-3333-4444-555555555555" if "digitaltwins" in audience else TENANT_ID
        issued = self._sandbox.cloud.tokens.issue(audience, azure.caller("owner"), tid=tenant)
        return AccessToken(issued, int(time.time()))


def test_a_token_of_another_tenant_is_explained(let_in: World) -> None:
    clients = Clients(Target("sandbox", _OtherTenant(let_in.sandbox), let_in.sandbox.client_settings))
    try:
        with pytest.raises(SignInFailed) as caught:
            CallRest(Context(clients, let_in.journal, NoPresenter()), {"host_name": HOST}).apply()
    finally:
        clients.close()
    assert "another tenant" in caught.value.meaning
    assert "tenant" in caught.value.remedy


# Twins


def test_the_factory_is_planned_built_proved_and_taken_back(let_in: World) -> None:
    step, phases = build(let_in), Phases()
    plan = step.plan()
    assert [change.kind for change in plan.changes] == ["Model"] * 3 + ["Digital twin"] * 6 + ["Relationship"] * 7
    assert step.apply().made == plan.changes
    assert step.plan().changes == ()
    proof = step.verify(phases)
    assert statuses(proof) == ["passed"] * 4
    assert let_in.slept, "queries lag behind"
    tree = str(proof)
    assert "factory-mixer (Machine)" in tree
    assert "└─ feeds → factory-press (see there)" in tree
    undone = step.undo()
    assert [change.kind for change in undone.removed] == ["Relationship"] * 7 + ["Digital twin"] * 6 + ["Model"] * 3
    assert undone.kept == ()
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    assert list(client.list_models()) == []
    let_in.clock.advance(60)
    assert list(client.query_twins("SELECT * FROM DIGITALTWINS")) == []


def test_a_second_run_changes_nothing(let_in: World) -> None:
    build(let_in).apply()
    again = build(let_in)
    assert again.plan().empty
    outcome = again.apply()
    assert outcome.made == ()
    assert outcome.title == "The factory was there already"


def test_what_is_missing_is_made_and_what_is_there_is_left(let_in: World) -> None:
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    client.create_models(list(MODELS))
    whole = Factory("factory").twins[0]
    client.upsert_digital_twin("factory", {**whole.body(), "city": "Delft"})
    step = build(let_in)
    assert [change.kind for change in step.plan().changes] == ["Digital twin"] * 5 + ["Relationship"] * 7
    step.apply()
    assert client.get_digital_twin("factory")["city"] == "Delft"
    undone = step.undo()
    assert len(undone.removed) == 12
    assert client.get_digital_twin("factory")
    assert len(list(client.list_models())) == 3


def test_two_factories_live_side_by_side_and_share_models(let_in: World) -> None:
    build(let_in).apply()
    other = build(let_in, twin_prefix="plant-7")
    assert "Model" not in {change.kind for change in other.plan().changes}
    other.apply()
    assert other.verify().passed


def test_somebody_elses_twin_of_that_name_is_not_touched(let_in: World) -> None:
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    model = {"@id": "dtmi:com:fabrikam:Thing;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2"}
    client.create_models([model])
    client.upsert_digital_twin("factory", {"$metadata": {"$model": model["@id"]}})
    with pytest.raises(InputError) as caught:
        build(let_in).apply()
    assert "'factory' of model dtmi:com:fabrikam:Thing;1" in caught.value.problems["twin_prefix"]
    assert let_in.journal.made("build-graph") == ()
    assert build(let_in, twin_prefix="plant-7").apply().made


def test_another_model_of_that_id_stands_in_the_way(let_in: World) -> None:
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    client.create_models([{**MODELS[0], "displayName": "Something else"}])
    plan = build(let_in).plan()
    assert plan.blocked
    assert MODELS[0]["@id"] in plan.problems[0].message


def test_a_decommissioned_model_stands_in_the_way(let_in: World) -> None:
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    client.create_models(list(MODELS))
    client.decommission_model(MODELS[2]["@id"])
    plan = build(let_in).plan()
    assert plan.blocked
    assert "decommissioned" in plan.problems[0].message


def test_a_relationship_of_others_keeps_a_twin(let_in: World) -> None:
    step = build(let_in)
    step.apply()
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    client.upsert_digital_twin("mine", {"$metadata": {"$model": MODELS[2]["@id"]}, "status": "new"})
    body: dict[str, object] = {"$relationshipName": "feeds", "$targetId": "factory-oven"}
    client.upsert_relationship("mine", "their-line", body)
    let_in.clock.advance(60)
    undone = step.undo()
    kept = dict(undone.kept)
    assert "their-line" in kept["factory-oven"]
    assert "mine" in kept[MODELS[2]["@id"]]
    assert client.get_digital_twin("factory-oven")


def test_an_interrupted_run_is_finished_by_the_next(let_in: World) -> None:
    step = build(let_in)
    plan = step.plan()
    with pytest.raises(KeyboardInterrupt), let_in.journal.doing(step.id, plan.changes[0]):
        azure.data_plane(let_in.sandbox, "owner", HOST).create_models([MODELS[0]])
        raise KeyboardInterrupt
    step.apply()
    assert let_in.journal.unfinished() == {}
    assert len(step.undo().removed) == 16


def test_queries_that_never_see_the_twins_fail_the_proof(let_in: World) -> None:
    step = build(let_in)
    step.apply()
    let_in.stuck = True
    proof = step.verify()
    assert statuses(proof) == ["passed"] * 3 + ["failed"]
    assert "Queries lag behind" in proof.checks[-1].remedy


def test_the_plan_shows_models_and_commands(let_in: World) -> None:
    plan = build(let_in).plan()
    shown = str(plan)
    for model in MODELS:
        assert model["@id"] in shown
    assert json.loads(plan.blocks[0].content) == list(MODELS)  # type: ignore[attr-defined]
    assert sum("az dt twin create " in line for line in plan.commands) == 6
    assert (
        "az dt twin relationship create --dt-name my-first-twins --resource-group rg-digital-twins "
        "--relationship-id hasHall-factory-hall-1 --relationship hasHall --twin-id factory --target factory-hall-1"
    ) in plan.commands


def test_the_shown_sdk_calls_make_the_same(let_in: World) -> None:
    step = build(let_in)
    whole, hall = Factory("factory").twins[:2]
    models, calls = (block.content for block in step.plan().blocks)  # type: ignore[attr-defined]
    client = azure.data_plane(let_in.sandbox, "owner", HOST)
    scope: dict[str, Any] = {"client": client, "json": json, "open": lambda _name: io.StringIO(models)}
    upload, twin, relationship, query = calls.splitlines()
    exec(upload, scope)
    exec(twin, scope)
    client.upsert_digital_twin(hall.id, hall.body())
    exec(relationship, scope)
    let_in.clock.advance(60)
    exec(query, scope)
    assert [row["$sourceId"] for row in scope["rows"]] == [whole.id]
    assert [change.kind for change in step.plan().changes] == ["Digital twin"] * 4 + ["Relationship"] * 6


# Client code


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
    assert "your present sign-in in place of DefaultAzureCredential()" in shown
    assert "connection_verify and proxies for the client" in shown
    assert statuses(step.verify()) == ["passed", "passed"]
    assert step.undo().removed == ()


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_python_for_every_credential_compiles(credential: str) -> None:
    code = client_code.write("python", credential, f"https://{HOST}", TENANT_ID)
    compile(code.text, "client.py", "exec")
    scope: dict[str, Any] = {}
    imports = [line for line in code.text.splitlines() if line.startswith("from ")]
    exec("\n".join([*imports, f"made = {code.sign_in}"]), scope)
    assert type(scope["made"]).__name__ == code.credential
    scope["made"].close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_code_of_every_language_holds_the_instances_values(language: str, credential: str) -> None:
    text = client_code.write(language, credential, f"https://{HOST}", TENANT_ID).text
    assert f'"https://{HOST}"' in text
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


def test_the_code_as_it_is_runs_with_nothing_but_the_environment_set(built: World, tmp_path: Path) -> None:
    pipeline, sandbox = persona("setup-pipeline"), built.sandbox
    built.somebody_assigns(DATA_READER, pipeline.id, SCOPE, kind="ServicePrincipal")
    application = sandbox.cloud.store.get("application", pipeline.app_id)
    assert application is not None
    signed_in = {
        "AZURE_TENANT_ID": TENANT_ID,
        "AZURE_CLIENT_ID": pipeline.app_id,
        "AZURE_CLIENT_SECRET": application["secrets"][0],
    }
    program = tmp_path / "client.py"
    program.write_text(client_code.write("python", "default", f"https://{HOST}", TENANT_ID).text, "utf-8")
    done = subprocess.run(
        [sys.executable, str(program)],
        env={"PATH": os.environ["PATH"], **environment(sandbox.settings), **signed_in},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(model["@id"] for model in MODELS)
