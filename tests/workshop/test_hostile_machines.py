"""What hostile or unlucky machines get for an answer from the board: nothing breaks, and nothing changes."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from runbook_lib.errors import InputError
from runbook_lib.workshop.client import Client
from runbook_lib.workshop.messages import SIZE_LIMIT
from tests.workshop.school import School, client, error, post, report

_REPORT = {
    "id": "6f3f0b4e-0f3e-4f0e-8a52-0d5b8a7d0f11:1",
    "at": "2026-11-27T10:00:00+00:00",
    "place": "wrong-id",
    "state": "open",
}
_BAD = {
    "not JSON": b"{",
    "not UTF-8": b"\xff\xfe",
    "not an object": [],
    "nothing": {},
    "no such place": {"place": "<script>alert(1)</script>"},
    "no such state": {"state": "winning"},
    "a script as an error": {"error": "<script>"},
    "a long error": {"error": "A" * 161},
    "more than the protocol has": {"value": "secret"},
    "an odd id": {"id": "1; DROP TABLE reports"},
    "a time without a zone": {"at": "2026-11-27T10:00:00"},
    "a time that isn't one": {"at": "9" * 400},
    "hints below none": {"hints": -1},
}


@pytest.mark.parametrize("bad", _BAD.values(), ids=_BAD.keys())
def test_what_is_no_report_is_refused_and_changes_nothing(school: School, bad: Any) -> None:
    ada = school.join("Ada")
    whole = isinstance(bad, bytes | list) or not bad
    body = bad if whole else {"sent": "2026-11-27T10:00:00+00:00", "reports": [{**_REPORT, **bad}]}
    answer = post(school, "/api/reports", body, ada.token)
    assert error(answer) == (400, "invalid")
    assert "script" not in answer.text, "no answer repeats a value"
    assert school.shown()["Ada"]["cells"] == {}


def test_what_is_too_much_is_refused(school: School) -> None:
    ada = school.join("Ada")
    many = {"sent": "2026-11-27T10:00:00+00:00", "reports": [_REPORT] * 101}
    assert error(post(school, "/api/reports", many, ada.token)) == (400, "invalid")
    large = b'{"sent": "' + b"x" * SIZE_LIMIT + b'"}'
    assert error(post(school, "/api/reports", large, ada.token)) == (413, "too-large")
    assert error(post(school, "/api/join", large)) == (413, "too-large")


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "Ada\x1b[2J", "A\u202eda", "A\nB"])
def test_names_that_cannot_be_shown_are_refused(school: School, name: str) -> None:
    with pytest.raises(InputError):
        school.join(name)
    assert error(post(school, "/api/join", {"code": school.code, "name": name})) == (400, "invalid")


def test_a_script_as_a_name_stays_text(school: School) -> None:
    school.join("<script>alert(1)</script>")
    assert list(school.shown()) == ["<script>alert(1)</script>"]
    for path in ("/board", "/board/summary"):
        answer = school.ask(path)
        assert "<script>alert" not in answer.text
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "explode"},
        {"kind": "message", "argument": ""},
        {"kind": "message", "argument": "x" * 301},
        {"kind": "trouble", "argument": "no-such-trouble"},
        {"kind": "catch-up", "argument": ""},
        {"kind": "reset", "argument": "01-create-instance"},
    ],
)
def test_actions_that_do_not_exist_are_refused(school: School, body: Any) -> None:
    assert error(school.ask("/board/actions", body)) == (400, "invalid")
    assert school.history() == []


def test_a_machine_that_stops_in_the_middle_of_a_request_holds_up_nobody(school: School) -> None:
    ada = school.join("Ada")
    with socket.create_connection(("127.0.0.1", school.port)) as half:
        half.sendall(b"POST /api/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
        client(ada).report([report("wrong-id", "open")])
    assert "wrong-id" in school.shown()["Ada"]["cells"]


def test_an_address_that_is_none_is_refused_before_anything_is_sent() -> None:
    from runbook_lib.workshop.client import split_address

    for bad in ("", "http://", "ftp://host/CODE", "http://host", "http://u:p@host/CODE", "host"):
        with pytest.raises(InputError, match="isn't the address of a class"):
            split_address(bad)
    assert split_address("host:1/AB-CD/") == ("http://host:1", "AB-CD")


def test_no_token_follows_a_redirect(school: School) -> None:
    # The board redirects its own page only; a machine that poses as one could redirect anything.
    with pytest.raises(InputError, match="HTTP status 303"):
        assert school.board
        Client(school.address, "token")._ask("GET", f"/board?key={school.board.room.about.key}")
