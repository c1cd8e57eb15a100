"""Finding the member as the portal does, whatever is in the name and whichever id it is."""

from __future__ import annotations

import uuid

import pytest

from runbook_lib.sandbox.world import DOMAIN, derive_id, persona
from runbook_lib.steps.directory import principals

from .test_assign_access import member
from .world import World

GUEST, PIPELINE = persona("guest"), persona("setup-pipeline")
REGISTRATION = derive_id("applicationObject", PIPELINE.name)
"""Object id of the pipeline's app registration."""
ODD = ["Ruth & Söhne", "C+A", "O'Brien", "50 % #1", "Jörg=Ölaf?", 'Tom "T" Doe', "a/b\\c"]


def someone(world: World, name: str, **more: str) -> str:
    """Put a user into the directory."""
    who = str(uuid.uuid4())
    address = f"u{who[:8]}@{DOMAIN}"
    user = {"id": who, "displayName": name, "userPrincipalName": address, "mail": address, **more}
    world.sandbox.cloud.store.put("user", who, user)
    return who


def offered(world: World, beginning: str, who: str = "owner") -> list[str]:
    return [one.value for one in principals.offer(world.context(who).clients, beginning)]


@pytest.mark.parametrize("name", ODD)
def test_whatever_is_in_a_name_it_is_found(there: World, name: str) -> None:
    who = someone(there, name, mail=f"{name}@x.org")
    assert who in member(there.assign(principal=name))
    assert who in member(there.assign(principal=f"{name}@x.org"))
    assert offered(there, name[:-1]) == [who]


@pytest.mark.parametrize(
    "wanted", [GUEST.user_principal_name, GUEST.mail, "Günter Guest", "günter guest", GUEST.id, GUEST.id.upper()]
)
def test_a_guest_is_found_by_each_of_its_names(there: World, wanted: str) -> None:
    assert "#EXT#" in GUEST.user_principal_name
    assert GUEST.id in member(there.assign(principal=wanted))


@pytest.mark.parametrize("beginning", ["Günt", "GÜNTER G", "guest@fab", "guest_fabrikam.com#EXT#@con"])
def test_the_form_offers_by_the_beginning_of_name_mail_and_sign_in_name(there: World, beginning: str) -> None:
    assert offered(there, beginning) == [GUEST.id]


def test_the_form_offers_whatever_an_id_belongs_to(there: World) -> None:
    assert offered(there, GUEST.id) == [GUEST.id]
    assert offered(there, PIPELINE.app_id) == offered(there, REGISTRATION) == [PIPELINE.id]
    assert offered(there, str(uuid.uuid4())) == []


def test_a_guest_gets_no_raw_refusal_but_is_told_what_to_give(there: World) -> None:
    assert offered(there, "Ruth", "guest") == []
    step = there.assign("guest")
    hint = step.hint("principal", {"principal": "Ruth Reader"})
    assert hint
    assert "you aren't allowed to read the directory" in hint.text
    step = there.assign("guest", principal=persona("reader").id, principal_type="user")
    step.apply()
    assert step.verify().passed


def test_the_guest_itself_is_found_without_the_directory(there: World) -> None:
    for wanted in ("", GUEST.mail, GUEST.user_principal_name.upper(), GUEST.id):
        assert GUEST.id in member(there.assign("guest", principal=wanted))


def test_for_an_app_registration_its_service_principal_is_used_and_that_is_said(there: World) -> None:
    step = there.assign(principal=REGISTRATION)
    assert PIPELINE.id in member(step)
    told = f"{REGISTRATION} is the app registration's object id. Its service principal {PIPELINE.id} is used."
    assert told in step.plan().notes
    hint = step.hint("principal", {"principal": REGISTRATION})
    assert hint
    assert hint.text.endswith(told)
    step.apply()
    assert step.verify().passed
    assert there.assign(principal=REGISTRATION, principal_type="user").plan().blocked


def test_an_app_registration_without_a_service_principal_says_how_to_make_one(there: World) -> None:
    there.sandbox.cloud.store.delete("servicePrincipal", PIPELINE.id)
    (problem,) = there.assign(principal=REGISTRATION).plan().problems
    assert "has no service principal in this tenant" in problem.meaning
    assert problem.remedy == f"Create its service principal: az ad sp create --id {PIPELINE.app_id}"
