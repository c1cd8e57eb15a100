"""Graph's refusals."""

from __future__ import annotations

import uuid
from datetime import datetime

from ..http import Answer, ServiceError
from ..tokens import TokenProblem


class GraphError(ServiceError):
    """A refusal of Graph; its envelope (recorded) names the time and the request."""

    def envelope(self, now: datetime, request_id: str) -> Answer:
        """Render the envelope."""
        request_id = request_id or str(uuid.uuid4())
        inner = {"date": f"{now:%Y-%m-%dT%H:%M:%S}", "request-id": request_id, "client-request-id": request_id}
        body = {"error": {"code": self.code, "message": self.message, "innerError": inner}}
        return Answer(self.status, body, dict(self.headers), "application/json")


_TOKEN_MESSAGES = {
    "missing": "Access token is empty.",
    "malformed": "CompactToken parsing failed with error code: 80049217",
    "signature": "Access token validation failure. Invalid signature.",
    "expired": "Lifetime validation failed, the token is expired.",
    "audience": "Access token validation failure. Invalid audience.",
    "tenant": "Access token validation failure. Invalid tenant.",
}


def unauthenticated(problem: TokenProblem) -> GraphError:
    """Refuse a token. The code is recorded; which message belongs to which fault is modelled after user reports."""
    return GraphError(401, "InvalidAuthenticationToken", _TOKEN_MESSAGES[problem.reason])


def not_found(identifier: str) -> GraphError:
    """Refuse an id that nobody has (recorded)."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        (f"Resource '{identifier}' does not exist or one of its queried reference-property objects are not present."),
    )


def insufficient_privileges() -> GraphError:
    """Refuse a caller without directory rights (recorded)."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def delegated_only() -> GraphError:
    """Refuse `/me` to an application (quoted by users)."""
    return GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")


def not_simulated(path: str) -> GraphError:
    """Refuse what Graph has, but the sandbox doesn't. Nothing that Azure sends."""
    return GraphError(501, "SandboxNotSimulated", f"The sandbox does not simulate {path} of Graph. It works on Azure.")


def no_segment(segment: str) -> GraphError:
    """Refuse an unknown path: Graph answers 400, not 404. Modelled: the sentence."""
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def bad_request(message: str) -> GraphError:
    """Refuse an invalid request. Modelled: most sentences."""
    return GraphError(400, "Request_BadRequest", message)


def unsupported_query(message: str) -> GraphError:
    """Refuse a valid query that isn't allowed."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def count_needs_header() -> GraphError:
    """Refuse `/$count` without the header that it needs (quoted by users)."""
    return bad_request("$count is not currently supported.")


def search_needs_header() -> GraphError:
    """Refuse `$search` without the header that it needs (advanced query documentation)."""
    return unsupported_query(
        "Request with $search query parameter only works through MSGraph with a special request header: "
        "'ConsistencyLevel: eventual'"
    )
