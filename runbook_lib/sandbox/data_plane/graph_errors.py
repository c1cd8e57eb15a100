"""How the data plane refuses calls about twins, relationships, event routes, and queries.

    DataPlaneError
    ├── preconditions: ETagMismatch · TwinExists · RelationshipExists (412)
    ├── twins: DigitalTwinNotFound · ComponentNotFound (404)
    │          ValidationFailed · InvalidPayload · InvalidId · ModelDecommissioned · RelationshipsNotDeleted
    │          InvalidMessageId · PatchUnreadable (400)
    ├── relationships: RelationshipNotFound · TargetDigitalTwinNotFound (404)
    │                  RelationshipUnreadable · InvalidRelationship · OperationNotAllowed (400)
    ├── event routes: EventRouteNotFound (404)
    │                 EventRouteEndpointInvalid · EventRouteFilterInvalid · EventRouteIdInvalid
    │                 TooManyEventRoutes (400)
    └── queries: SqlQueryError · QueryTimeout (400)

Texts and codes as in `errors`: recorded, unless the class says that it is modelled.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence

from ..http import Answer
from .errors import DataPlaneError


class ETagMismatch(DataPlaneError):
    """`If-Match` doesn't name the current version."""

    http_status = 412
    error_code = "PreconditionFailed"
    text = (
        "The provided etag {etag} doesn't match the current etag for the resource. Please obtain and provide the latest"
        " etag by getting the resource. See section on get apis in the documentation https://aka.ms/adtv2twins."
    )


class TwinExists(DataPlaneError):
    """`If-None-Match: *`, but the twin exists."""

    http_status = 412
    error_code = "PreconditionFailed"
    text = (
        "If-None-Match: * header was specified but a twin with the id {id} was found. Please specify a different twin"
        " id."
    )


class RelationshipExists(DataPlaneError):
    """`If-None-Match: *`, but the relationship exists."""

    http_status = 412
    error_code = "PreconditionFailed"
    text = (
        "If-None-Match: * header was specified but a relationship with the id {id} was found. Please specify a"
        " different relationship id."
    )


class DigitalTwinNotFound(DataPlaneError):
    """No such twin."""

    http_status = 404
    error_code = "DigitalTwinNotFound"
    text = (
        "There is no digital twin instance that exists with the ID {id}. Please verify that the twin id is valid and"
        " ensure that the twin is not deleted. See section on querying the twins https://aka.ms/adtv2query."
    )


class ComponentNotFound(DataPlaneError):
    """The twin has no such component."""

    http_status = 404
    error_code = "ComponentNotFound"
    text = (
        "{id} does not have component {component} Please verify that the component path is correct. You can get"
        " components by getting the twin, See example https://aka.ms/TwinGetSwSmpl."
    )


class ValidationFailed(DataPlaneError):
    """A twin or relationship that doesn't match its model; one detail for each problem.

    Modelled: that relationships are refused with the recorded words for twins.
    """

    error_code = "ValidationFailed"
    text = "Invalid twin specified"

    def __init__(self, problems: Iterable[str]) -> None:
        super().__init__()
        self.problems = tuple(problems)

    def answer(self) -> Answer:
        """Render the error with its details."""
        details = [{"code": self.code, "message": problem} for problem in self.problems]
        return Answer(self.status, {"error": {"code": self.code, "message": self.message, "details": details}})


class InvalidPayload(DataPlaneError):
    """A twin that isn't a JSON object, or doesn't name a model; recorded for a list."""

    error_code = "InvalidArgument"
    text = "Payload is invalid."


class InvalidId(DataPlaneError):
    """Code as in the OpenAPI file ("the digital twin id or relationship id is invalid"). Modelled: text and rule."""

    error_code = "InvalidArgument"
    text = "The {what} id '{id}' is invalid. It needs 1 to {longest} characters, none of them a control character."


class InvalidMessageId(DataPlaneError):
    """Code as in the OpenAPI file ("the message id is invalid"). Modelled: the text."""

    error_code = "InvalidArgument"
    text = "The Message-Id header is required and must not be empty."


class ModelDecommissioned(DataPlaneError):
    """A new twin of a decommissioned model. Code as in the OpenAPI file. Modelled: the text."""

    error_code = "ModelDecommissioned"
    text = "The model {id} is decommissioned. Digital twins cannot be created with a decommissioned model."


class RelationshipsNotDeleted(DataPlaneError):
    """A twin can't be deleted while a relationship leads from it or to it."""

    error_code = "RelationshipsNotDeleted"
    text = (
        "Twin {id} has active relationships. Cannot delete a twin unless all the relationships are deleted. Please"
        " ensure that the active relationships on the twin are deleted. See section on retrieving relationships"
        " https://aka.ms/adtv2twins."
    )


class PatchUnreadable(DataPlaneError):
    """A patch that isn't a list of operations: refused by the service's web framework, in its own words (RFC 7807)."""

    error_code = "BadRequest"
    text = "One or more validation errors occurred."

    def __init__(self, problems: Mapping[str, Sequence[str]]) -> None:
        """Take the problems by place; `[0]` is the patch's first operation."""
        super().__init__()
        self.problems = problems

    def answer(self) -> Answer:
        """Render the body: as everywhere in the framework, without `error` around it."""
        body = {
            "errors": {place: list(texts) for place, texts in self.problems.items()},
            "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
            "title": self.message,
            "status": self.status,
            "detail": None,
            "instance": None,
            "extensions": {"traceId": f"|{secrets.token_hex(4)}-{secrets.token_hex(8)}."},
        }
        return Answer(self.status, body, content_type="application/problem+json; charset=utf-8")


class RelationshipNotFound(DataPlaneError):
    """The twin has no such relationship."""

    http_status = 404
    error_code = "RelationshipNotFound"
    text = (
        "Relationship {id} not found on twin {twin}. Please verify that the relationship id is valid and ensure that"
        " the relationship is not deleted. See section on listing relationships in the documentation"
        " https://aka.ms/adtv2twins."
    )


class TargetDigitalTwinNotFound(DataPlaneError):
    """A relationship to a twin that does not exist."""

    http_status = 404
    error_code = "TargetDigitalTwinNotFound"
    text = (
        "The target digital twin is invalid or does not exist Please validate that the target twin is valid and ensure"
        " that the target twin is not deleted. See section on querying the twins https://aka.ms/adtv2query ."
    )


class RelationshipUnreadable(DataPlaneError):
    """A relationship without `$targetId` or `$relationshipName`."""

    error_code = "InvalidArgument"
    text = "Could not deserialize relationship create body."


class InvalidRelationship(DataPlaneError):
    """A relationship that the source's model does not have, or not to such a target. Code as in the OpenAPI file.

    Text: digital-twins-explorer issue 105, opendigitaltwins-dtdl issue 167.
    """

    error_code = "InvalidRelationship"
    text = (
        "Twin relationship does not align with the model. Please ensure that the relationship is in alignment with the"
        " model. See section on listing models https://aka.ms/adtv2models."
    )


class OperationNotAllowed(DataPlaneError):
    """A relationship from a twin to itself. Code and words as in the OpenAPI file."""

    error_code = "OperationNotAllowed"
    text = "The relationship cannot connect to the same digital twin."


class EventRouteNotFound(DataPlaneError):
    """No such event route."""

    http_status = 404
    error_code = "EventRouteNotFound"
    text = (
        "There is no route available that matches the provided input. Check for all valid event routes by calling"
        " EventRoute_List. See Swagger example (https://aka.ms/RouteSwSmpl)."
    )


class EventRouteEndpointInvalid(DataPlaneError):
    """A route to an endpoint that the instance does not have, or that is not ready."""

    error_code = "EventRouteEndpointInvalid"
    text = (
        "The endpoint provided does not exist or is not active. Check that your endpoint is provisioned correctly. See"
        " event route documentation (https://aka.ms/ADTv2Routes)."
    )


class EventRouteFilterInvalid(DataPlaneError):
    """A filter that is missing or not understood. Code as in the OpenAPI file. Modelled: the text."""

    error_code = "EventRouteFilterInvalid"
    text = "The event route filter is invalid: {problem}. See event route documentation (https://aka.ms/ADTv2Routes)."


class EventRouteIdInvalid(DataPlaneError):
    """Code as in the OpenAPI file. Modelled: text and rule."""

    error_code = "EventRouteIdInvalid"
    text = "The event route id '{id}' is invalid. See event route documentation (https://aka.ms/ADTv2Routes)."


class TooManyEventRoutes(DataPlaneError):
    """Limit as documented (service limits), code as in the OpenAPI file. Modelled: the text."""

    error_code = "LimitExceeded"
    text = "The maximum number of event routes, {limit}, has been reached."


class SqlQueryError(DataPlaneError):
    """An invalid query; `line` counts from 1 and `position` from 0, as the service counts."""

    error_code = "SqlQueryError"
    problem: str
    """What the parser says, without the words around it."""
    text = (
        "SQL query parse failed: SQL Parser Error, Line={line}, Position={position}, Message={problem} See samples in"
        " https://aka.ms/adtv2query for the correct syntax."
    )

    def __init__(self, *, line: int, position: int, problem: str) -> None:
        super().__init__(line=line, position=position, problem=problem)
        self.problem = problem


class QueryTimeout(DataPlaneError):
    """A query that takes too long. Code and words as in the OpenAPI file; here the work is counted, not the time."""

    error_code = "TimeoutError"
    text = (
        "The query execution timed out after 60 seconds. Try simplifying the query or adding conditions to reduce the"
        " result size."
    )
