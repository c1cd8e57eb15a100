"""Azure's rules for names and tags, one sentence for each rule that a value breaks.

Every function returns what is wrong, in the order in which a person would mend it; nothing wrong is an empty list.
Sources: the instance name from the OpenAPI description of Microsoft.DigitalTwins 2023-01-31; reserved words from
"Resolve errors for reserved resource names"; group names from "Naming rules and restrictions for Azure resources";
tags from "Use tags to organize your Azure resources".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_IDENTITY_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[^/]+",
    re.IGNORECASE,
)
_NETWORK_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+", re.IGNORECASE
)
# `<name>.api.<region code>.digitaltwins.azure.net`: hostName as recorded in answers of Microsoft.DigitalTwins.
_INSTANCE_HOST = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\.api\.[a-z0-9]+\.digitaltwins\.azure\.net")
_TWIN_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,59}")

_RESERVED = {
    "access", "app_code", "app_themes", "app_data", "app_globalresources", "app_localresources",
    "app_webreferences", "app_browsers", "azure", "bing", "bizspark", "biztalk", "cortana", "directx",
    "dotnet", "dynamics", "excel", "exchange", "forefront", "groove", "hololens", "hyperv", "kinect", "lync",
    "msdn", "o365", "office", "office365", "onedrive", "onenote", "outlook", "powerpoint", "sharepoint",
    "skype", "visio", "visualstudio", "web.config", "xbox",
}  # fmt: skip
_RESERVED_ANYWHERE = ("microsoft", "windows")
_TAG_FORBIDDEN = "<>%&\\?/"
_TAG_PREFIXES = ("azure", "microsoft", "windows")


def is_guid(text: str) -> bool:
    """Tell whether the text is a GUID with hyphens."""
    return GUID.fullmatch(text) is not None


def is_identity_id(text: str) -> bool:
    """Tell whether the text is the resource id of a user-assigned managed identity."""
    return _IDENTITY_ID.fullmatch(text) is not None


def is_network_id(text: str) -> bool:
    """Tell whether the text is the resource id of a virtual network."""
    return _NETWORK_ID.fullmatch(text) is not None


def instance_name(name: str) -> list[str]:
    """Say which rules for the name of an Azure Digital Twins instance are broken."""
    if not name:
        return ["It is empty. Give the instance a name of 3 to 63 letters, digits and hyphens."]
    wrong = _length(name, 3, 63)
    if strange := _characters(name, r"[A-Za-z0-9-]"):
        wrong.append(
            f"It contains {strange}. Only the letters A to Z, digits and hyphens are allowed: use a hyphen instead."
        )
    wrong += [f"It {verb} with a hyphen. Put a letter or a digit there." for verb in _hyphens(name)]
    return wrong + _reserved(name)


def identity_name(name: str) -> list[str]:
    """Say which rules for the name of a user-assigned managed identity are broken."""
    wrong = _length(name, 3, 128)
    if strange := _characters(name, r"[A-Za-z0-9_-]"):
        wrong.append(f"It contains {strange}. Letters from A to Z, digits, hyphens and underscores are allowed.")
    if not re.match(r"[A-Za-z0-9]", name):
        wrong.append("It begins with a hyphen or an underscore. Put a letter or a digit there.")
    return wrong


def network_name(name: str, longest: int = 80) -> list[str]:
    """Say which rules for the name of a private endpoint or subnet, or a virtual network, are broken.

    Source: naming rules of Microsoft.Network; `longest` is 64 for a virtual network.
    """
    if not name:
        return ["It is empty. Give it a name."]
    wrong = _length(name, 2 if longest == 64 else 1, longest)
    if strange := _characters(name, r"[A-Za-z0-9_.-]"):
        wrong.append(
            f"It contains {strange}. Letters from A to Z, digits, underscores, periods and hyphens are allowed."
        )
    if not re.match(r"[A-Za-z0-9]", name):
        wrong.append("It does not begin with a letter or a digit. Put one there.")
    if not re.search(r"[A-Za-z0-9_]$", name):
        wrong.append("It does not end with a letter, a digit or an underscore. Put one there.")
    return wrong


def address_range(text: str) -> list[str]:
    """Say what is wrong with the addresses of a virtual network, as in 10.20.0.0/24.

    Azure takes networks from /8 to /29 (virtual networks FAQ); that they are private ones is our rule.
    """
    try:
        found = ipaddress.IPv4Network(text)
    except ValueError:
        return [f"{text!r} is no range of addresses. Write the first address and a length, as in 10.20.0.0/24."]
    wrong = []
    if not 8 <= found.prefixlen <= 29:
        wrong.append(f"/{found.prefixlen} does not fit. Azure takes lengths from /8 to /29.")
    if not found.is_private:
        wrong.append("These addresses belong to the internet. Take some of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16.")
    return wrong


def resource_group_name(name: str) -> list[str]:
    """Say which rules for the name of a resource group are broken."""
    if not name:
        return ["It is empty. Give the resource group a name of 1 to 90 characters."]
    wrong = _length(name, 1, 90)
    # \w is what the documentation calls Unicode letters and digits, and the underscore.
    if strange := _characters(name, r"[\w().-]"):
        wrong.append(
            f"It contains {strange}. Letters, digits, underscores, hyphens, periods and parentheses are allowed."
        )
    if name.endswith("."):
        wrong.append("It ends with a period. Azure does not allow that: leave the period out.")
    return wrong


def tags(values: Mapping[str, str]) -> list[str]:
    """Say which rules for the tags of a resource are broken."""
    wrong = []
    if len(values) > 50:
        wrong.append(f"There are {len(values)} tags. Azure allows 50 on a resource: leave {len(values) - 50} out.")
    names = [name.lower() for name in values]
    for repeated in sorted({name for name in names if names.count(name) > 1}):
        wrong.append(
            f"The name {repeated!r} is there more than once; Azure does not tell upper from lower case in tag names."
        )
    for name, value in values.items():
        wrong += _tag(name, value)
    return wrong


def host_name(host: str) -> list[str]:
    """Say what is wrong with the host name of an instance, given without `https://`; empty is fine."""
    if not host:
        return []
    wrong = []
    if "https://" in host:
        wrong.append("https:// is there more than once. Leave one, or none.")
    elif "://" in host:
        wrong.append("It begins with another scheme than https://. The service answers to https only.")
    elif "/" in host:
        wrong.append("It goes on after the host name. Leave out what follows the first slash.")
    elif not _INSTANCE_HOST.fullmatch(host):
        wrong.append("It is no host name of an instance. One reads like my-twins.api.weu.digitaltwins.azure.net.")
    return wrong


def twin_prefix(prefix: str) -> list[str]:
    """Say what is wrong with what the ids of twins begin with. The narrow rule is ours: Azure allows more."""
    if _TWIN_PREFIX.fullmatch(prefix):
        return []
    return ["Use 1 to 60 lower-case letters, digits and hyphens, and begin with a letter."]


def _tag(name: str, value: str) -> list[str]:
    if not name:
        return ["A tag has no name. Write each tag as name=value."]
    wrong = []
    if len(name) > 512:
        wrong.append(f"The name {name[:20]!r}… has {len(name)} characters. Azure allows 512.")
    if found := [c for c in _TAG_FORBIDDEN if c in name]:
        wrong.append(
            f"The name {name!r} contains {' '.join(found)}. Tag names must be without {' '.join(_TAG_FORBIDDEN)}."
        )
    if prefix := next((p for p in _TAG_PREFIXES if name.lower().startswith(p)), ""):
        wrong.append(
            f"The name {name!r} begins with {prefix!r}, which Azure keeps for itself. Begin with another word."
        )
    if len(value) > 256:
        wrong.append(f"The value of {name!r} has {len(value)} characters. Azure allows 256.")
    return wrong


def _length(name: str, least: int, most: int) -> list[str]:
    if len(name) < least:
        return [f"It is too short: {len(name)} of at least {least} characters. Add {least - len(name)} or more."]
    if len(name) > most:
        return [f"It is too long: {len(name)} of at most {most} characters. Take {len(name) - most} or more away."]
    return []


def _characters(name: str, allowed: str) -> str:
    strange = dict.fromkeys(c for c in name if not re.fullmatch(allowed, c))
    return ", ".join("a blank" if c == " " else repr(c) for c in strange)


def _hyphens(name: str) -> list[str]:
    return [verb for verb, broken in (("begins", name.startswith("-")), ("ends", name.endswith("-"))) if broken]


def _reserved(name: str) -> list[str]:
    low = name.lower()
    wrong = [
        f"It contains {word!r}, a word that Azure allows nowhere in a name with a public endpoint. Leave it out."
        for word in _RESERVED_ANYWHERE
        if word in low
    ]
    if low in _RESERVED:
        wrong.append(f"{name!r} is a reserved word. Azure does not allow it as a whole name: add something to it.")
    if low.startswith("login"):
        wrong.append("It begins with 'login', which Azure reserves. Put another word first.")
    return wrong
