"""Azure's rules for names and tags, one sentence for each rule that a value breaks.

Every function returns what is wrong, in the order in which you would fix it, or an empty list.
Sources: the instance name from the OpenAPI description of Microsoft.DigitalTwins 2023-01-31; reserved words from
"Resolve errors for reserved resource names"; group names from "Naming rules and restrictions for Azure resources";
tags from "Use tags to organize your Azure resources".
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Mapping

from ..display.plain import quoted

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_IDENTITY_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[^/]+",
    re.IGNORECASE,
)
_NETWORK_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+", re.IGNORECASE
)
_ZONE_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/privateDnsZones/"
    r"privatelink\.digitaltwins\.azure\.(?:net|us)",
    re.IGNORECASE,
)
# `<name>.api.<region code>.digitaltwins.azure.net`: hostName as recorded in answers of Microsoft.DigitalTwins. In
# Azure Government, `azure.us` (azure/clouds.py).
_INSTANCE_HOST = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\.api\.[a-z0-9]+\.digitaltwins\.azure\.(?:net|us)")
_TWIN_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,59}")

_RESERVED = re.compile(
    r"access|app_code|app_themes|app_data|app_globalresources|app_localresources|app_webreferences|app_browsers"
    r"|azure|bing|bizspark|biztalk|cortana|directx|dotnet|dynamics|excel|exchange|forefront|groove|hololens|hyperv"
    r"|kinect|lync|msdn|o365|office|office365|onedrive|onenote|outlook|powerpoint|sharepoint|skype|visio"
    r"|visualstudio|web\.config|xbox",
    re.IGNORECASE,
)
_RESERVED_ANYWHERE = ("microsoft", "windows")
_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
_EXAMPLE = "10.20.0.0/24"
_USE_PRIVATE = f"Use private ones: write {_EXAMPLE}, or others from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
_NOT_FOR_NETWORKS = {
    ipaddress.IPv4Network(network): why
    for network, why in {
        "0.0.0.0/8": "these addresses are not usable, they mean this network",
        "127.0.0.0/8": "these are loopback addresses",
        "169.254.0.0/16": "these are link-local addresses",
        "168.63.129.16/32": "this is the address of Azure's own platform",
        "224.0.0.0/4": "these are multicast addresses",
        "240.0.0.0/4": "these addresses are reserved and not usable",
    }.items()
}
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
RUN_TAG = "adt-setup-runbook"
"""The tag that carries the run's id: what another run or another person makes under the same name doesn't have it."""
_MOST_TAGS = 49
_SHARED_TENANTS = ("common", "organizations", "consumers")
"""What Entra takes in place of a tenant (v2-protocols): whose tokens those are, only the sign-in tells."""
_TAG_FORBIDDEN = "<>%&\\?/"
_TAG_PREFIXES = ("azure", "microsoft", "windows")


_SECRET_NAME = re.compile(
    r"(?:^|_|-)(?:secret|password|passwd|passphrase|token|sas|credentials?|connection_?string"
    r"|(?:api|access|account|secret|shared|private|storage|signing|encryption|subscription)_?(?:access_?)?key)s?$"
    r"|[_-]pwd$|(?:secret|password|passwd|token|connectionstring|accesskey|apikey)s?$",
    re.IGNORECASE,
)


def secret_name(name: str) -> bool:
    """Tell whether a variable or parameter of this name would hold a secret."""
    return _SECRET_NAME.search(name) is not None


def is_guid(text: str) -> bool:
    """Tell whether the text is a GUID with hyphens."""
    return GUID.fullmatch(text) is not None


def is_identity_id(text: str) -> bool:
    """Tell whether the text is the resource id of a user-assigned managed identity."""
    return _IDENTITY_ID.fullmatch(text) is not None


def instance_name(name: str) -> list[str]:
    """Say which rules for the name of an Azure Digital Twins instance are broken."""
    if not name:
        return ["It's empty. Give the instance a name of 3 to 63 letters, digits and hyphens."]
    wrong = _length(name, 3, 63) + _characters(name, r"[A-Za-z0-9-]", "the letters A to Z, digits and hyphens")
    for verb, broken in (("starts", name.startswith("-")), ("ends", name.endswith("-"))):
        wrong += [f"It {verb} with a hyphen. Put a letter or a digit there."] if broken else []
    return wrong + _reserved(name)


def identity(name_or_id: str) -> list[str]:
    """Say what is wrong with the name or resource id of a user-assigned managed identity. Empty is fine."""
    return _name_or_id(name_or_id, _IDENTITY_ID, "user-assigned managed identity", identity_name)


def virtual_network(name_or_id: str) -> list[str]:
    """Say what is wrong with the name or resource id of a virtual network. Empty is fine."""
    return _name_or_id(name_or_id, _NETWORK_ID, "virtual network", lambda name: network_name(name, 2, 64))


def private_dns_zone(resource_id: str) -> list[str]:
    """Say what is wrong with the resource id of the private DNS zone. Empty is fine."""
    if not resource_id or _ZONE_ID.fullmatch(resource_id):
        return []
    return [f"{quoted(resource_id)} isn't the resource id of a private DNS zone privatelink.digitaltwins.azure.net."]


def private_endpoint_name(name: str) -> list[str]:
    """Say which rules for the name of a private endpoint are broken. Empty is fine."""
    return network_name(name) if name else []


def identity_name(name: str) -> list[str]:
    """Say which rules for the name of a user-assigned managed identity are broken."""
    wrong = _length(name, 3, 128)
    wrong += _characters(name, r"[A-Za-z0-9_-]", "the letters A to Z, digits, hyphens and underscores")
    if not re.match(r"[A-Za-z0-9]", name):
        wrong.append("It starts with a hyphen or an underscore. Start with a letter or a digit.")
    return wrong


def network_name(name: str, shortest: int = 1, longest: int = 80) -> list[str]:
    """Say which rules for the name of a subnet, private endpoint or virtual network are broken.

    Source: naming rules of Microsoft.Network. The lengths are those of subnets and private endpoints.
    """
    if not name:
        return ["It's empty. Give it a name."]
    wrong = _length(name, shortest, longest)
    wrong += _characters(name, r"[A-Za-z0-9_.-]", "the letters A to Z, digits, underscores, periods and hyphens")
    if not re.match(r"[A-Za-z0-9]", name):
        wrong.append("It doesn't start with a letter or a digit. Put one there.")
    if not re.search(r"[A-Za-z0-9_]$", name):
        wrong.append("It doesn't end with a letter, a digit or an underscore. Put one there.")
    return wrong


def address_range(text: str) -> list[str]:
    """Say what is wrong with the addresses of a virtual network, as in 10.20.0.0/24.

    Azure accepts networks from /8 to /29, and none of the ranges in `_NOT_FOR_NETWORKS` (virtual networks FAQ).
    Allowing only private addresses, and the shared ones of RFC 6598, is our own rule.
    """
    address, slash, length = text.partition("/")
    if problem := _not_an_address(address, text):
        return [problem]
    if not slash:
        return [f"{text} has no prefix length. Add one: write {_proposed(address, 24)}."]
    if not re.fullmatch(r"[0-9]|[1-9][0-9]", length) or int(length) > 32:
        return [_not_a_length(length, address)]
    found = ipaddress.IPv4Network(text, strict=False)
    for network, why in _NOT_FOR_NETWORKS.items():
        if found.overlaps(network) and found.prefixlen >= network.prefixlen:
            return [f"Azure doesn't allow {text} in a virtual network: {why}. {_USE_PRIVATE}"]
    if not any(found.overlaps(network) for network in _PRIVATE):
        return [f"{text} has public internet addresses, or reserved ones. {_USE_PRIVATE}"]
    if not any(found.subnet_of(network) for network in _PRIVATE):
        return [f"{text} also has public internet addresses. {_USE_PRIVATE}"]
    if not 8 <= found.prefixlen <= 29:
        proposed = _proposed(address, min(max(found.prefixlen, 8), 29))
        return [f"{text} isn't valid: Azure accepts lengths from /8 to /29. Write {proposed}."]
    if str(found) != text:
        return [f"{text} isn't a valid address range: host bits are set. Write its first address: {found}."]
    return []


def _proposed(address: str, length: int) -> str:
    """Return the network of that length that the address is in; another one if Azure wouldn't accept that."""
    network = ipaddress.IPv4Network(f"{address}/{length}", strict=False)
    return str(network) if any(network.subnet_of(private) for private in _PRIVATE) else _EXAMPLE


def _not_an_address(address: str, text: str) -> str:
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        example = f"Write the first address and a length, as in {_EXAMPLE}."
        if ":" in text:
            return f"{quoted(text)} isn't an IPv4 address. {example}"
        return f"{quoted(text)} isn't a valid address range. {example}"
    return ""


def _not_a_length(length: str, address: str) -> str:
    """Say what is wrong behind the slash, and propose the length that a mask stands for."""
    try:
        mask = int(ipaddress.IPv4Address(length))
    except ValueError:
        return f"{quoted('/' + length)} isn't a prefix length. Write a number, as in {_proposed(address, 24)}."
    inverted = mask ^ 0xFFFFFFFF
    # The ones of a wildcard mask are at its end.
    wildcard = mask & 1 == 1 and mask != 0xFFFFFFFF
    kind, bits = ("wildcard mask", inverted) if wildcard else ("subnet mask", mask)
    contiguous = (bits ^ 0xFFFFFFFF) & ((bits ^ 0xFFFFFFFF) + 1) == 0
    proposed = _proposed(address, min(max(bits.bit_count(), 8), 29) if contiguous else 24)
    return f"{length} is a {kind}. Azure wants a prefix length: write {proposed} instead."


def resource_group_name(name: str) -> list[str]:
    """Say which rules for the name of a resource group are broken."""
    if not name:
        return ["It's empty. Give the resource group a name of 1 to 90 characters."]
    wrong = _length(name, 1, 90)
    # \w is what the documentation calls Unicode letters and digits, and the underscore.
    wrong += _characters(name, r"[\w().-]", "letters, digits, underscores, hyphens, periods and parentheses")
    if name.endswith("."):
        wrong.append("It ends with a period, which Azure doesn't allow. Remove the period.")
    return wrong


def tenant(id_or_domain: str) -> list[str]:
    """Say what is wrong with a tenant. Empty is fine. azure-identity accepts letters, digits, hyphens and periods."""
    if id_or_domain.lower() in _SHARED_TENANTS:
        return [f"{quoted(id_or_domain)} stands for many tenants. Write the id or the domain of one."]
    if not id_or_domain or _TENANT.fullmatch(id_or_domain):
        return []
    return [
        f"{quoted(id_or_domain)} isn't a tenant. Write its id (a GUID) or its domain, as in contoso.onmicrosoft.com."
    ]


def tags(values: Mapping[str, str]) -> list[str]:
    """Say which rules for the tags of a resource are broken."""
    wrong = []
    if len(values) > _MOST_TAGS:
        wrong.append(
            f"There are {len(values)} tags. Azure allows 50 on a resource, and one of them is {RUN_TAG}. "
            f"Remove {len(values) - _MOST_TAGS}."
        )
    names = Counter(name.lower() for name in values)
    for repeated in sorted(name for name, times in names.items() if times > 1):
        wrong.append(
            f"The name {quoted(repeated)} is used more than once. Azure ignores upper and lower case in tag names."
        )
    for name, value in values.items():
        wrong += tag(name, value)
        if name.lower() == RUN_TAG:
            wrong.append(
                f"The name {RUN_TAG} is the tag by which clean-up recognizes what a run made. Use another name."
            )
    return wrong


def tag(name: str, value: str) -> list[str]:
    """Say which rules for one tag are broken."""
    if not name:
        return ["A tag has no name. Write each tag as name=value."]
    wrong = []
    if len(name) > 512:
        wrong.append(f"The name {quoted(name, 20)} has {len(name)} characters. Azure allows 512.")
    if found := [c for c in _TAG_FORBIDDEN if c in name]:
        wrong.append(
            f"The name {quoted(name)} contains {' '.join(found)}. Tag names can't contain {' '.join(_TAG_FORBIDDEN)}."
        )
    if prefix := next((p for p in _TAG_PREFIXES if name.lower().startswith(p)), ""):
        wrong.append(f"The name {quoted(name)} starts with {prefix!r}, which Azure reserves. Start with another word.")
    if len(value) > 256:
        wrong.append(f"The value of {quoted(name)} has {len(value)} characters. Azure allows 256.")
    return wrong


def host_name(host: str) -> list[str]:
    """Say what is wrong with the host name of an instance, without `https://`. Empty is fine."""
    if not host:
        return []
    wrong = []
    if "https://" in host:
        wrong.append("It has https:// more than once. Keep one, or none.")
    elif "://" in host:
        wrong.append("It starts with a scheme other than https://. The service supports only https.")
    elif "/" in host:
        wrong.append("It has more than the host name. Remove the first slash and everything after it.")
    elif not _INSTANCE_HOST.fullmatch(host):
        wrong.append(
            "It isn't the host name of an instance. A valid one looks like my-twins.api.weu.digitaltwins.azure.net."
        )
    return wrong


def twin_prefix(prefix: str) -> list[str]:
    """Say what is wrong with the prefix of twin ids. The strict rule is ours: Azure allows more."""
    if _TWIN_PREFIX.fullmatch(prefix):
        return []
    return ["Use 1 to 60 lowercase letters, digits and hyphens. Start with a letter."]


def _length(name: str, least: int, most: int) -> list[str]:
    if len(name) < least:
        return [f"It's too short: {len(name)} of at least {least} characters. Add {least - len(name)} or more."]
    if len(name) > most:
        return [f"It's too long: {len(name)} of at most {most} characters. Remove {len(name) - most} or more."]
    return []


def _characters(name: str, pattern: str, allowed: str) -> list[str]:
    wrong = dict.fromkeys(re.findall(f"[^{pattern[1:]}", name))
    named = ["a space" if character == " " else repr(character) for character in wrong]
    found = ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
    return [f"It contains {found}. Use only {allowed}."] if found else []


def _name_or_id(value: str, pattern: re.Pattern[str], kind: str, rule: Callable[[str], list[str]]) -> list[str]:
    if value.startswith("/"):
        return [] if pattern.fullmatch(value) else [f"{quoted(value)} isn't the resource id of a {kind}."]
    return rule(value) if value else []


def _reserved(name: str) -> list[str]:
    low = name.lower()
    wrong = [
        f"It contains {word!r}, which Azure doesn't allow in names with a public endpoint. Remove it."
        for word in _RESERVED_ANYWHERE
        if word in low
    ]
    if _RESERVED.fullmatch(name):
        wrong.append(f"{quoted(name)} is a reserved word. Add something to it.")
    if low.startswith("login"):
        wrong.append("It starts with 'login', which Azure reserves. Put another word first.")
    return wrong
