"""Scripts: the Azure CLI in Bash, and PowerShell. Both can also say what no template can: data, and deletions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..azure.clouds import Cloud
from ..steps.core.recipes import Recipe, script
from .requests import PlannedRequest

_BASH = """#!/usr/bin/env bash
set -euo pipefail

"""

_POWERSHELL = """#Requires -Version 7.0 -Modules Az.Accounts
$ErrorActionPreference = 'Stop'

function Send-ToAzure([string] $Method, [string] $Path, [string] $Payload = '') {
    $sent = @{ Method = $Method; Path = $Path; WaitForCompletion = $true }
    if ($Payload) { $sent.Payload = $Payload }
    $answer = Invoke-AzRestMethod @sent
    if ($answer.StatusCode -ge 400) { throw "$Method $Path`: $($answer.Content)" }
}

function Send-ToInstance([string] $Method, [string] $Uri, [string] $Payload = '', [hashtable] $Headers = @{}) {
    $token = Get-AzAccessToken -ResourceUrl 'https://digitaltwins.azure.net' -AsSecureString
    $sent = @{ Method = $Method; Uri = $Uri; Headers = $Headers; Authentication = 'Bearer'; Token = $token.Token }
    if ($Payload) { $sent.Body = $Payload; $sent.ContentType = 'application/json' }
    Invoke-RestMethod @sent | Out-Null
}
"""

_WAIT = """while ((Invoke-AzRestMethod -Method GET -Path {path}).Content -notmatch '"Registered"') {{
    Start-Sleep -Seconds 5
}}"""


def bash(recipes: Sequence[Recipe], cloud: Cloud) -> str:
    """Write the `az` commands of a plan as a script."""
    return f"{_BASH}{script(recipes, cloud)}\n"


def powershell(requests: Sequence[PlannedRequest]) -> str:
    """Write the requests of a plan as a script that needs nothing but Az.Accounts."""
    lines = [_POWERSHELL]
    for one in requests:
        if one.writes:
            lines += _sent(one)
    return "\n".join(lines) + "\n"


def _sent(request: PlannedRequest) -> list[str]:
    path = f"{request.path}?api-version={request.api_version}"
    payload = f" -Payload {_here(request.body)}" if request.body is not None else ""
    if request.of_data:
        pairs = "; ".join(f"{_text(name)} = {_text(value)}" for name, value in request.conditions.items())
        headers = f" -Headers @{{ {pairs} }}" if pairs else ""
        uri = _text(f"https://{request.host}{path}")
        return [f"Send-ToInstance {request.method} {uri}{headers}{payload}"]
    sent = [f"Send-ToAzure {request.method} {_text(path)}{payload}"]
    if request.path.endswith("/register"):
        there = f"{request.path.removesuffix('/register')}?api-version={request.api_version}"
        sent.append(_WAIT.format(path=_text(there)))
    return sent


def _here(body: Any) -> str:
    # A here-string takes everything as it is, up to a line that begins with '@. JSON has no such line.
    return f"@'\n{json.dumps(body, indent=2, ensure_ascii=True)}\n'@"


def _text(value: str) -> str:
    """Quote a text. PowerShell also takes typographic quotation marks for quotes."""
    return "'" + "".join(one * 2 if one in "'\u2018\u2019\u201a\u201b" else one for one in value) + "'"
