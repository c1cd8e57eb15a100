"""Fixtures that every part of the tests may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from runbook_lib.sandbox import ManualClock, Pace, Sandbox

from .azure import close_clients

# A developer's own sign-in or home must not decide how a test ends.
_AMBIENT = ("AZURE_", "RUNBOOK_")
_WANTED = {"AZURE_SPECS_DIR"}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith(_AMBIENT) and name not in _WANTED:
            monkeypatch.delenv(name)
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session", autouse=True)
def _one_signing_key() -> Iterator[None]:
    """Let all in-process sandboxes sign with one key: making one takes longer than the rest of a sandbox's start."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ready = SimpleNamespace(generate_private_key=lambda **_: key, RSAPrivateKey=rsa.RSAPrivateKey)
    with patch("runbook_lib.sandbox.tokens.rsa", ready):
        yield


@pytest.fixture
def clock() -> ManualClock:
    """The sandbox's time: stands still until the test moves it."""
    return ManualClock()


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    """A fresh sandbox whose operations take as long as on Azure, on the test's clock."""
    with Sandbox(clock=clock, pace=Pace.REAL) as running:
        yield running
        close_clients(running)
