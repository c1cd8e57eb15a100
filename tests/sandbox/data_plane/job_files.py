"""A small graph in the files of bulk jobs (how-to-use-import-jobs)."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.storage_clients import ACCOUNT, ENDPOINT

LONG = 120
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/imports"
INPUT, OUTPUT = f"{ENDPOINT}/imports/graph.ndjson", f"{ENDPOINT}/imports/log.txt"
MODELS = [
    {
        "@id": f"dtmi:com:microsoft:azure:iot:model{number};1",
        "@type": "Interface",
        "@context": "dtmi:dtdl:context;2",
        "contents": [
            {"@type": "Property", "name": f"property{number}", "schema": "integer"},
            {
                "@type": "Relationship",
                "name": "has",
                "properties": [{"@type": "Property", "name": "relationshipproperty1", "schema": "string"}],
            },
        ],
    }
    for number in (0, 1)
]
TWINS_OF_FILE = [
    {"$dtId": f"twin{number}", "$metadata": {"$model": MODELS[number]["@id"]}, f"property{number}": 10}
    for number in (0, 1)
]
LINK = {
    "$dtId": "twin0",
    "$relationshipId": "relationship",
    "$targetId": "twin1",
    "$relationshipName": "has",
    "relationshipProperty1": "value",
}
HEADER = [{"Section": "Header"}, {"fileVersion": "1.0.0", "author": "foobar", "organization": "contoso"}]
"""The article's example (concepts-apis-sdks), shortened; the last property's spelling is the article's."""


def ndjson(**sections: list[Any]) -> bytes:
    lines = list(HEADER)
    for name, entries in sections.items():
        lines += [{"Section": name}, *entries]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


GRAPH = ndjson(Models=MODELS, Twins=TWINS_OF_FILE, Relationships=[LINK])
