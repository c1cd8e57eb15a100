"""A person is told of the fields of a form, not of parameters."""

from __future__ import annotations

import pytest

from runbook_lib.display.cards import Card, Listing, Table
from runbook_lib.errors import InputError
from runbook_lib.forms.wording import worded
from runbook_lib.guide import NOTEBOOKS
from runbook_lib.parameters import AssignAccessParameters, CreateInstanceParameters, PrivateAccessParameters


@pytest.mark.parametrize(
    ("model", "told", "read"),
    [
        (
            CreateInstanceParameters,
            "Check the name, or set grant_access to true.",
            "Check the name, or tick “Assign Azure Digital Twins Data Owner Role”.",
        ),
        (
            PrivateAccessParameters,
            "Correct the resource id, or leave private_dns_zone empty.",
            "Correct the resource id, or leave “Private DNS zone” empty.",
        ),
        (
            AssignAccessParameters,
            "Give the object id and principal_type.",
            "Give the object id and “Assign access to”.",
        ),
        (
            CreateInstanceParameters,
            "To wait longer, raise timeout_minutes.",
            "To wait longer, raise timeout_minutes (in the cell with the parameters).",
        ),
        (CreateInstanceParameters, "Choose another role, please.", "Choose another role, please."),
        (CreateInstanceParameters, "instance_name", "instance_name"),
    ],
)
def test_a_sentence_names_the_field(model: type[CreateInstanceParameters], told: str, read: str) -> None:
    error = InputError("Refused.", remedy=told)
    assert dict(worded(error.card(), model).rows)["What to do"] == read
    table = Table(("What to do",), ((told,),))
    card = worded(Card("Title", tables=[table], notes=[told]), model)
    assert card.tables == [Table(("What to do",), ((read,),))]
    assert card.notes == [read]


def test_what_can_be_copied_stays_as_it_is() -> None:
    setup = Listing("setup.yaml", "set grant_access to true: instance_name: x")
    card = Card("Title", tables=[setup], more=[setup])
    assert worded(card, CreateInstanceParameters).html() == card.html()


def test_no_two_fields_of_a_form_have_the_same_name() -> None:
    for notebook in NOTEBOOKS:
        titles = [info.title for info in notebook.parameters.model_fields.values()]
        assert len(titles) == len(set(titles)), notebook.name
