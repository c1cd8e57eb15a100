"""The board over HTTP: who gets in, what is shown, and what hostile or unlucky machines get for an answer."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
import requests

from runbook_lib.errors import InputError, Unreachable
from runbook_lib.workshop.client import Dismissed
from runbook_lib.workshop.messages import Outcome
from runbook_lib.workshop.settings import Settings
from tests.workshop.school import START, School, client, error, post, report

# What is shown


def test_the_board_shows_who_is_where_and_who_is_stuck_at_what(school: School) -> None:
    ada, bob = school.join("Ada"), school.join("Bob")
    client(ada).report([report("create-instance", "open"), report("create-instance", "done")])
    client(bob).report([report("assign-access", "stuck", error="PermissionMissing AuthorizationFailed", hints=0)])
    shown = school.shown()
    assert shown["Ada"]["cells"]["create-instance"]["state"] == "done"
    stuck = shown["Bob"]["cells"]["assign-access"]
    assert (stuck["state"], stuck["error"]) == ("stuck", "PermissionMissing AuthorizationFailed")
    assert "None of your roles" in stuck["means"], "our explanation of Azure's code"


def test_a_page_that_is_open_gets_what_is_new_and_only_that(school: School) -> None:
    ada, _ = school.join("Ada"), school.join("Bob")
    with school.page() as news:
        assert sorted(one["name"] for one in next(news)["learners"]) == ["Ada", "Bob"]
        client(ada).report([report("wrong-id", "stuck")])
        assert [one["name"] for one in next(news)["learners"]] == ["Ada"]


def test_behind_a_proxy_that_holds_streams_back_the_page_asks(school: School) -> None:
    ada, _ = school.join("Ada"), school.join("Bob")
    first = school.ask("/board/news?since=0").json()
    assert len(first["news"]["learners"]) == 2
    client(ada).report([report("wrong-id", "stuck")])
    second = school.ask(f"/board/news?since={first['version'] + 1}").json()
    assert [one["name"] for one in second["news"]["learners"]] == ["Ada"]
    assert second["version"] > first["version"]
    school.stop()
    school.start()
    again = school.ask(f"/board/news?since={second['version'] + 1}").json()
    assert len(again["news"]["learners"]) == 2, "the board counts from the beginning again"


def test_what_was_done_stays_done_until_it_is_undone(school: School) -> None:
    ada = school.join("Ada")
    for state, wanted in (
        ("done", "done"),
        ("open", "done"),
        ("working", "done"),
        ("stuck", "stuck"),
        ("undone", "undone"),
    ):
        client(ada).report([report("wrong-id", state)])
        assert school.shown()["Ada"]["cells"]["wrong-id"]["state"] == wanted


def test_how_long_someone_has_been_stuck_counts_from_the_first_time(school: School) -> None:
    ada = school.join("Ada")
    client(ada).report([report("wrong-id", "stuck")])
    school.time += 600
    client(ada).report([report("wrong-id", "stuck")])
    assert school.shown()["Ada"]["cells"]["wrong-id"]["since"] == pytest.approx(START, abs=1)


@pytest.mark.parametrize("hours", [-30, 30])
def test_clocks_that_differ_do_not_matter(school: School, hours: int) -> None:
    ada = school.join("Ada")
    school.time += 1000
    shifted = report("wrong-id", "stuck", ago=-hours * 3600 + 120).at.isoformat()
    body = {
        "sent": report("wrong-id", "open", ago=-hours * 3600).at.isoformat(),
        "reports": [{**report("wrong-id", "stuck").model_dump(mode="json"), "at": shifted}],
    }
    assert post(school, "/api/reports", body, ada.token).status_code == 200
    since = school.shown()["Ada"]["cells"]["wrong-id"]["since"]
    assert since == pytest.approx(START + 1000 - 120, abs=2), "two minutes ago, on the board's clock"


def test_a_report_is_never_in_the_future_or_before_the_learner_came(school: School) -> None:
    ada = school.join("Ada")
    school.time += 60
    client(ada).report([report("wrong-id", "open", ago=-500), report("wrong-scope", "open", ago=5000)])
    cells = school.shown()["Ada"]["cells"]
    assert cells["wrong-id"]["since"] == START + 60
    assert cells["wrong-scope"]["since"] == START


def test_it_exports_what_it_shows(school: School) -> None:
    ada = school.join("=1+1")
    client(ada).report([report("wrong-id", "stuck", error="InputError NameUnavailable")])
    (row,) = csv.DictReader(io.StringIO(school.ask("/board/export.csv").text))
    assert (row["learner"], row["wrong-id"]) == ("'=1+1", "stuck"), "no spreadsheet takes a name for a formula"
    assert row["wrong-id error"] == "InputError NameUnavailable"


def test_summary_and_handouts_are_pages_to_print(tmp_path: Path) -> None:
    school = School(tmp_path, Settings(title="Pumps", names=("Ada", "Bob <i>"), plan=("00-start-here", "wrong-id")))
    school.start()
    try:
        ada = school.join("Ada")
        client(ada).report(
            [report("wrong-id", "stuck", error="InputError NameUnavailable"), report("wrong-id", "done", hints=4)]
        )
        page = school.ask("/board/handouts").text
        assert page.count('class="sheet"') == 2
        assert "Bob &lt;i&gt;" in page
        assert page.count(f"{school.address}/{school.code}") >= 4
        assert page.count("data:image/svg+xml") == 2
        summary = school.ask("/board/summary").text
        row = re.search(r"<tr><th scope=\"row\">The role that went.*?</tr>", summary, re.DOTALL)
        assert row
        assert re.findall(r"<td>(.*?)</td>", row[0]) == ["1", "1", "1", "InputError NameUnavailable (1)"]
        assert list(school.shown()) == ["Ada"], "the board shows no name that a learner didn't give"
    finally:
        school.stop()


# Who gets in


def test_a_code_is_read_however_it_is_typed(school: School) -> None:
    assert school.join("Ada", code=school.code.lower().replace("-", " ")).name == "Ada"


def test_a_wrong_code_an_old_code_and_a_closed_class_are_told_apart(school: School) -> None:
    old = school.code
    with pytest.raises(InputError, match="code is wrong"):
        school.join("Ada", code="AAAA-AAAA")
    ada = school.join("Ada")
    school.ask("/board/close", {})
    with pytest.raises(InputError, match="class has ended"):
        school.join("Bob")
    with pytest.raises(Dismissed, match="class has ended"):
        client(ada).report([report("wrong-id", "open")])
    school.stop()
    school.start()
    assert school.code != old, "after a class that's closed comes a new one"
    with pytest.raises(InputError, match="earlier class"):
        school.join("Ada", code=old)
    with pytest.raises(Dismissed, match="isn't in the class"):
        client(ada).report([report("wrong-id", "open")])
    assert school.shown() == {}


def test_two_learners_with_one_name_are_told_apart(school: School) -> None:
    school.join("Ada  Lovelace")
    with pytest.raises(InputError, match=r"called Ada  Lovelace already\. Choose another name"):
        school.join("ada lovelace")
    assert len(school.shown()) == 1


def test_one_learner_on_two_machines_is_one_learner(school: School) -> None:
    first = school.join("Ada")
    second = school.join("Ada", personal=first.personal.lower())
    assert second.token != first.token
    client(first).report([report("wrong-id", "open")])
    client(second).report([report("wrong-scope", "done")])
    client(first).report([report("wrong-id", "done")])
    assert {place: cell["state"] for place, cell in school.shown()["Ada"]["cells"].items()} == {
        "wrong-id": "done",
        "wrong-scope": "done",
    }
    with pytest.raises(InputError, match="already"):
        school.join("Ada", personal="AAAA-AAAA")


def test_who_leaves_is_shown_as_gone_and_can_come_back(school: School) -> None:
    ada = school.join("Ada")
    client(ada).report([report("wrong-id", "done")])
    client(ada).leave()
    assert school.shown()["Ada"]["left"] == START
    with pytest.raises(Dismissed):
        client(ada).report([report("wrong-id", "open")])
    again = school.join("Ada", personal=ada.personal)
    client(again).report([report("wrong-scope", "open")])
    shown = school.shown()["Ada"]
    assert (shown["left"], sorted(shown["cells"])) == (None, ["wrong-id", "wrong-scope"])


# What a restart keeps


def test_a_restart_in_the_middle_loses_nothing(school: School) -> None:
    ada = school.join("Ada")
    done = report("wrong-id", "done", hints=2)
    client(ada).report([done])
    action = school.act("freeze")
    before = school.shown()
    school.stop()
    with pytest.raises(Unreachable, match="doesn't answer"):
        client(ada).report([report("wrong-scope", "open")])
    school.start()
    after = school.shown()
    assert after["Ada"].pop("away"), "until its machine asks again"
    assert before["Ada"].pop("away") is False
    assert after == before
    client(ada).report([done, report("wrong-scope", "open")])
    assert sorted(school.shown()["Ada"]["cells"]) == ["wrong-id", "wrong-scope"], "what is sent twice counts once"
    assert [one.id for one in client(ada).actions(0, 0)] == [action]


def test_a_new_class_begins_when_the_trainer_wants_one(school: School) -> None:
    old = school.code
    school.join("Ada")
    school.stop()
    school.start(fresh=True)
    assert school.code != old
    assert school.shown() == {}


# Who may see and do what


def test_nobody_reports_as_somebody_else_or_sees_others(school: School) -> None:
    ada, bob = school.join("Ada"), school.join("Bob")
    forged = {"sent": "2026-11-27T10:00:00+00:00", "reports": []}
    assert error(post(school, "/api/reports", forged)) == (401, "unknown-token")
    assert error(post(school, "/api/reports", forged, "x" * 43)) == (401, "unknown-token")
    assert error(post(school, "/api/reports", {**forged, "learner": 1}, bob.token)) == (400, "invalid")
    action = school.act("message", "for Ada", 1)
    assert client(bob).actions(0, 0) == []
    with pytest.raises(InputError, match="no such action"):
        client(bob).settle(action, Outcome(outcome="done"))
    for path in ("", "/events", "/news", "/export.json", "/export.csv", "/summary", "/handouts"):
        answer = requests.get(
            f"{school.address}/board{path}", headers={"Authorization": f"Bearer {ada.token}"}, timeout=10
        )
        assert answer.status_code == 403
        assert "Ada" not in answer.text
        assert school.code not in answer.text
    assert post(school, "/board/actions", {"kind": "freeze"}, ada.token).status_code == 403
    assert school.history()[0]["id"] == action


def test_other_pages_in_the_trainers_browser_cannot_act(school: School) -> None:
    school.join("Ada")
    other = school.ask("/board/actions", {"kind": "freeze"}, headers={"Origin": "http://evil.example"})
    assert error(other) == (403, "other-page")
    own = school.ask("/board/actions", {"kind": "freeze"}, headers={"Origin": school.address})
    assert own.status_code == 200
    cookie = next(iter(school.trainer.cookies))
    assert (cookie.path, cookie.get_nonstandard_attr("SameSite")) == ("/board", "strict")
    assert cookie.has_nonstandard_attr("HttpOnly")


def test_the_join_page_tells_nobody_the_code_who_has_not_got_it(school: School) -> None:
    known = requests.get(f"{school.address}/{school.code}", timeout=10)
    assert f"--join {school.address}/{school.code}" in known.text
    for path in ("/", "/AAAA-AAAA", "/robots.txt"):
        page = requests.get(school.address + path, timeout=10)
        assert school.code not in page.text
        assert "Pumps" not in page.text
