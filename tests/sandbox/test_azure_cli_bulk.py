"""A bulk import by the Azure CLI: account, container and file with `az storage`, the job with `az rest`.

`az dt job` is in an extension that isn't on PyPI; its requests are those that `az rest` sends here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runbook_lib.sandbox import Pace, Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER, STORAGE_BLOB_DATA_CONTRIBUTOR
from runbook_lib.sandbox.world import TRAINING_ID, persona
from tests.sandbox.command_line import PROGRAM, CommandLine, with_az

pytestmark = with_az

GROUP = f"/subscriptions/{TRAINING_ID}/resourceGroups/rg-bulk"
TWINS = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/az-bulk"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/azbulk"
ARM, DATA = "https://management.azure.com", "https://az-bulk.api.weu.digitaltwins.azure.net"
BLOBS = "https://azbulk.blob.core.windows.net/imports"
LINES: tuple[Any, ...] = (
    {"Section": "Header"},
    {"fileVersion": "1.0.0"},
    {"Section": "Models"},
    {"@id": "dtmi:az:Room;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2"},
    {"Section": "Twins"},
    {"$dtId": "room-1", "$metadata": {"$model": "dtmi:az:Room;1"}},
)


def test_a_bulk_import_and_an_export_of_the_group(tmp_path: Path) -> None:
    file, log = tmp_path / "graph.ndjson", tmp_path / "log.txt"
    file.write_text("\n".join(map(json.dumps, LINES)), "utf-8")
    with Sandbox(pace=Pace.INSTANT) as sandbox:
        az = CommandLine(PROGRAM, sandbox, tmp_path / "az")
        az.sign_in_as_user("owner")
        az("group", "create", "--name", "rg-bulk", "--location", "westeurope")
        az("provider", "register", "--namespace", "Microsoft.DigitalTwins", "--wait")
        body = json.dumps({"location": "westeurope", "identity": {"type": "SystemAssigned"}})
        made = az("rest", "--method", "put", "--url", f"{ARM}{TWINS}?api-version=2023-01-31", "--body", body)
        az(
            "storage",
            "account",
            "create",
            "--name",
            "azbulk",
            "--resource-group",
            "rg-bulk",
            "--location",
            "westeurope",
        )
        for role, scope, who, kind in (
            (DATA_OWNER, TWINS, persona("owner").id, "User"),
            (STORAGE_BLOB_DATA_CONTRIBUTOR, ACCOUNT, persona("owner").id, "User"),
            (STORAGE_BLOB_DATA_CONTRIBUTOR, ACCOUNT, made["identity"]["principalId"], "ServicePrincipal"),
        ):
            given = ("--role", role, "--scope", scope, "--assignee-object-id", who)
            az("role", "assignment", "create", *given, "--assignee-principal-type", kind)
        key = az("storage", "account", "keys", "list", "--account-name", "azbulk", "--resource-group", "rg-bulk")
        with_key = ("--account-name", "azbulk", "--account-key", key[0]["value"])
        as_owner = ("--account-name", "azbulk", "--auth-mode", "login")
        assert az("storage", "container", "create", "--name", "imports", *with_key) == {"created": True}
        az(
            "storage",
            "blob",
            "upload",
            "--container-name",
            "imports",
            "--name",
            "graph",
            "--file",
            str(file),
            *as_owner,
        )
        job = json.dumps({"inputBlobUri": f"{BLOBS}/graph", "outputBlobUri": f"{BLOBS}/log"})
        address = f"{DATA}/jobs/imports/first?api-version=2023-10-31"
        resource = ("--resource", "https://digitaltwins.azure.net")
        assert az("rest", "--method", "put", "--url", address, "--body", job, *resource)["status"] == "notstarted"
        assert az("rest", "--method", "get", "--url", address, *resource)["status"] == "succeeded"
        az("storage", "blob", "download", "--container-name", "imports", "--name", "log", "--file", str(log), *as_owner)
        assert json.loads(log.read_text("utf-8").splitlines()[-1])["details"] == {"status": "Succeeded"}
        exported = az("group", "export", "--name", "rg-bulk", "--include-parameter-default-value")
        assert exported["parameters"]["digitalTwinsInstances_az_bulk_name"]["defaultValue"] == "az-bulk"
        shown = az("ad", "app", "federated-credential", "list", "--id", persona("setup-pipeline").app_id)
        assert shown == []
