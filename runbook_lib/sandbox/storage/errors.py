"""Refusals of Azure Storage: one constructor for each. Codes and texts as in its reference of error codes."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import escape

from ..http import Answer, ServiceError
from ..world import TENANT_ID

XML = "application/xml"
_CHALLENGE = (
    f"Bearer authorization_uri=https://login.microsoftonline.com/{TENANT_ID}/oauth2/authorize "
    "resource_id=https://storage.azure.com"
)


class BlobError(ServiceError):
    """A refusal in Azure Storage's envelope."""

    def answer(self) -> Answer:
        """Render the XML; the message ends with the request's id, as the service writes it."""
        message = f"{escape(self.message)}\nRequestId:{uuid.uuid4()}"
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{self.code}</Code><Message>{message}</Message></Error>'
        )
        return Answer(self.status, body, {**self.headers, "x-ms-error-code": self.code}, XML)


def account_not_found() -> BlobError:
    """Refuse: no account of that name. On Azure, its host name doesn't resolve."""
    return BlobError(404, "ResourceNotFound", "The specified resource does not exist.")


def unauthenticated(code: str = "InvalidAuthenticationInfo") -> BlobError:
    """Refuse a token, or a call without one."""
    message = (
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
    )
    return BlobError(401, code, message, headers={"WWW-Authenticate": _CHALLENGE})


def wrong_signature() -> BlobError:
    """Refuse a shared key's signature, or a shared access signature, which the sandbox doesn't know."""
    message = (
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        "including the signature."
    )
    return BlobError(403, "AuthenticationFailed", message)


def keys_not_permitted() -> BlobError:
    """Refuse a shared key: the account says `allowSharedKeyAccess: false`."""
    message = "Key based authentication is not permitted on this storage account."
    return BlobError(403, "KeyBasedAuthenticationNotPermitted", message)


def not_permitted() -> BlobError:
    """Refuse: no role allows it."""
    message = "This request is not authorized to perform this operation using this permission."
    return BlobError(403, "AuthorizationPermissionMismatch", message)


def container_not_found() -> BlobError:
    """Refuse: no such container."""
    return BlobError(404, "ContainerNotFound", "The specified container does not exist.")


def container_exists() -> BlobError:
    """Refuse: the container exists."""
    return BlobError(409, "ContainerAlreadyExists", "The specified container already exists.")


def blob_not_found() -> BlobError:
    """Refuse: no such blob."""
    return BlobError(404, "BlobNotFound", "The specified blob does not exist.")


def blob_exists() -> BlobError:
    """Refuse: `If-None-Match: *`, but the blob exists."""
    return BlobError(409, "BlobAlreadyExists", "The specified blob already exists.")


def wrong_blob_type() -> BlobError:
    """Refuse to append to a blob of another type."""
    return BlobError(409, "InvalidBlobType", "The blob type is invalid for this operation.")


def invalid_range() -> BlobError:
    """Refuse: a range behind the blob's end."""
    message = "The range specified is invalid for the current size of the resource."
    return BlobError(416, "InvalidRange", message)


def invalid_block_list() -> BlobError:
    """Refuse: a list with a block that wasn't uploaded, or that can't be read."""
    return BlobError(400, "InvalidBlockList", "The specified block list is invalid.")


def invalid_name() -> BlobError:
    """Refuse: a container's name breaks the rule."""
    return BlobError(400, "InvalidResourceName", "The specified resource name contains invalid characters.")


def unsupported(what: str) -> BlobError:
    """Refuse: Azure can do this, but the sandbox can't. Nothing that Azure sends."""
    return BlobError(501, "SandboxNotSimulated", f"The sandbox does not simulate {what}. It works on Azure.")
