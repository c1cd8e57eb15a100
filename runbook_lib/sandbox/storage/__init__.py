"""Azure Storage's blobs, as far as the bulk jobs of Azure Digital Twins and the clients that feed them need."""

from __future__ import annotations

from .service import BLOB_HOST, BlobService

__all__ = ["BLOB_HOST", "BlobService"]
