"""The parameters of the tab Networking: in the portal's order, and a sentence for whatever is wrong."""

from __future__ import annotations

import re

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


@pytest.mark.parametrize("text", ["10.20.0.0/24", "172.31.255.0/29", "192.168.0.0/16", "10.0.0.0/8", "100.64.0.0/24"])
def test_private_and_shared_ranges_are_fine(text: str) -> None:
    assert problems(PrivateAccessParameters, {"address_range": text}) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("10.20.0.5/24", "host bits are set. Write its first address: 10.20.0.0/24"),
        ("10.20.0.0", "no prefix length. Add one: write 10.20.0.0/24"),
        ("10.20.0.0/", "isn't a prefix length"),
        ("10.20.0.0/024", "isn't a prefix length"),
        ("10.20.0.0/33", "isn't a prefix length"),
        ("10.20.0.0/24/24", "isn't a prefix length"),
        ("10.0.0.0/255.255.255.0", "a subnet mask. Azure wants a prefix length: write 10.0.0.0/24"),
        ("10.0.0.0/0.0.0.255", "a wildcard mask. Azure wants a prefix length: write 10.0.0.0/24"),
        ("10.0.0.0/0.255.0.255", "a wildcard mask"),
        ("127.0.0.0/24", "loopback"),
        ("169.254.0.0/24", "link-local"),
        ("0.0.0.0/8", "not usable"),
        ("0.1.0.0/16", "not usable"),
        ("240.0.0.0/4", "not usable"),
        ("255.255.255.255/32", "not usable"),
        ("224.0.1.0/24", "multicast"),
        ("168.63.129.16/32", "Azure's own platform"),
        ("0.0.0.0/0", "also has public internet addresses"),
        ("100.0.0.0/9", "also has public internet addresses"),
        ("192.0.2.0/24", "or reserved ones"),
        ("fd00::/48", "isn't an IPv4 address"),
        ("010.20.0.0/24", "isn't a valid address range"),
        ("10.20.0.0/٢٤", "isn't a prefix length"),
    ],
)
def test_a_range_that_azure_does_not_take_is_refused_with_the_reason(text: str, says: str) -> None:
    said = problems(PrivateAccessParameters, {"address_range": text})["address_range"]
    assert says in said
    assert text.rpartition("/")[2] in said, "it names what was typed"
    proposed = re.findall(r"[0-9.]{7,15}/[0-9]+", said)[-1 if "Use private" not in said else -4]
    assert problems(PrivateAccessParameters, {"address_range": proposed}) == {}, "what it proposes is right"
