"""Azure Storage's lists, which are XML. Modelled: all of it comes in one page."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from ..store import Document
from .blobs import content_of


def containers(account: Document, found: Iterable[Document]) -> str:
    """Render an account's containers."""
    root = _root(account)
    listed = ElementTree.SubElement(root, "Containers")
    for container in found:
        entry = ElementTree.SubElement(listed, "Container")
        _leaf(entry, "Name", container["name"])
        properties = ElementTree.SubElement(entry, "Properties")
        _leaf(properties, "Etag", '"0x1"')
    return _text(root)


def blobs(account: Document, container: str, found: Iterable[Document], prefix: str) -> str:
    """Render a container's blobs whose name begins with `prefix`."""
    root = _root(account, ContainerName=container)
    _leaf(root, "Prefix", prefix)
    listed = ElementTree.SubElement(root, "Blobs")
    for blob in (blob for blob in found if str(blob["name"]).startswith(prefix)):
        entry = ElementTree.SubElement(listed, "Blob")
        _leaf(entry, "Name", blob["name"])
        properties = ElementTree.SubElement(entry, "Properties")
        for name, value in (
            ("Creation-Time", blob["created"]),
            ("Last-Modified", blob["modified"]),
            ("Etag", blob["etag"]),
            ("Content-Length", str(len(content_of(blob)))),
            ("Content-Type", blob["contentType"]),
            ("BlobType", blob["kind"]),
        ):
            _leaf(properties, name, value)
    return _text(root)


def _root(account: Document, **attributes: str) -> ElementTree.Element:
    endpoint = f"https://{account['name']}.blob.core.windows.net/"
    return ElementTree.Element("EnumerationResults", {"ServiceEndpoint": endpoint, **attributes})


def _leaf(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text


def _text(root: ElementTree.Element) -> str:
    ElementTree.SubElement(root, "NextMarker")
    return '<?xml version="1.0" encoding="utf-8"?>' + ElementTree.tostring(root, encoding="unicode")
