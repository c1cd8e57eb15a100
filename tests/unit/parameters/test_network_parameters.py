"""The parameters of the tab Networking: in the portal's order, and a sentence for whatever is wrong."""

from __future__ import annotations

import pytest

from runbook_lib.forms.fields import specs
from runbook_lib.parameters import CreateInstanceParameters, PrivateAccessParameters, problems


def test_the_forms_have_the_portals_tabs_in_its_order() -> None:
    for model, tabs in (
        (CreateInstanceParameters, ["Basics", "Networking", "Advanced", "Tags"]),
        (PrivateAccessParameters, ["Basics", "Networking", "Connections", "Public access"]),
    ):
        assert list(dict.fromkeys(spec.tab for spec in specs(model))) == tabs


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"address_range": "10.20.0.1/24"}, "isn't a valid address range"),
        ({"address_range": "10.20.0.0/30"}, "from /8 to /29"),
        ({"address_range": "8.8.0.0/24"}, "public internet addresses"),
        ({"virtual_network": "v"}, "too short"),
        ({"virtual_network": "/subscriptions/x"}, "isn't the resource id of a virtual network"),
        ({"subnet": ""}, "empty"),
        ({"subnet": "inner-"}, "doesn't end with"),
        ({"private_endpoint_name": "pe 1"}, "contains a space"),
        ({"decision": "maybe"}, "Choose one of: keep, approve, reject"),
        ({"public_network_access": "off"}, "Choose one of: keep, enabled, disabled"),
    ],
)
def test_wrong_values_are_explained(values: dict[str, str], says: str) -> None:
    [text] = problems(PrivateAccessParameters, values).values()
    assert says in text
