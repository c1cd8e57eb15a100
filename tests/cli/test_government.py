"""The whole guide in Azure Government, as a command: found by the variable that the SDKs use."""

from __future__ import annotations

import re
from pathlib import Path

from runbook_lib import sandbox

from .test_sign_in import run


def test_the_guide_runs_in_azure_government(shared: Path, tmp_path: Path) -> None:
    sandbox.reset(shared)
    (tmp_path / "person").mkdir()
    person = {"HOME": str(tmp_path / "person"), "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
    given = ("-p", "sign_in", "device-code", "-p", "region", "usgovvirginia", "03", "04", "05", "06")
    authority = "https://login.microsoftonline.us"
    for asked in (1, 0):
        code, output, codes = run(shared, *given, AZURE_AUTHORITY_HOST=authority, **person)
        assert code == 0, output
        assert len(codes) == asked
        assert "once.api.ugv.digitaltwins.azure.us" in output
        assert re.findall(r"\S+\.azure\.net\S*", output) == []
