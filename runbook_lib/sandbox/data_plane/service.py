"""The data plane's gateway: who may call what, checked in Azure's order, and the table of its operations."""

from __future__ import annotations

import re
import secrets
import uuid
from typing import TYPE_CHECKING, Any

from ..arm.digital_twins import instance_at
from ..http import Answer, Request, Route, Routes, ServiceError
from ..tokens import DIGITAL_TWINS_AUDIENCES, Caller, TokenProblem
from . import graph, models
from .call import Call, Operation
from .errors import (
    ApiVersionUnspecified,
    Forbidden,
    MethodNotAllowed,
    RouteNotFound,
    SubDomainNotFound,
    Unauthorized,
    UnsupportedApiVersion,
)

if TYPE_CHECKING:
    from ..cloud import Cloud

API_VERSIONS = frozenset(
    {"2020-10-31", "2022-05-31", "2023-06-30", "2023-10-31", "2021-06-30-preview", "2023-02-27-preview"}
)
TWIN = "/digitaltwins/{id}"
DATA = "Microsoft.DigitalTwins"
TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

# Data actions as the permissions reference lists them; that telemetry needs digitaltwins/write is an assumption.
ROUTES: Routes[Operation] = Routes(
    [
        Route("GET", "/models", models.list_models, f"{DATA}/models/read"),
        Route("POST", "/models", models.add_models, f"{DATA}/models/write"),
        Route("GET", "/models/{id}", models.get_model, f"{DATA}/models/read"),
        Route("PATCH", "/models/{id}", models.update_model, f"{DATA}/models/write"),
        Route("DELETE", "/models/{id}", models.delete_model, f"{DATA}/models/delete"),
        Route("POST", "/query", graph.query_twins, f"{DATA}/query/action"),
        Route("GET", TWIN, graph.no_such_twin, f"{DATA}/digitaltwins/read"),
        Route("PUT", TWIN, graph.not_simulated, f"{DATA}/digitaltwins/write"),
        Route("PATCH", TWIN, graph.no_such_twin, f"{DATA}/digitaltwins/write"),
        Route("DELETE", TWIN, graph.no_such_twin, f"{DATA}/digitaltwins/delete"),
        Route("POST", f"{TWIN}/telemetry", graph.no_such_twin, f"{DATA}/digitaltwins/write"),
        Route("GET", f"{TWIN}/components/{{path}}", graph.no_such_twin, f"{DATA}/digitaltwins/read"),
        Route("PATCH", f"{TWIN}/components/{{path}}", graph.no_such_twin, f"{DATA}/digitaltwins/write"),
        Route("POST", f"{TWIN}/components/{{path}}/telemetry", graph.no_such_twin, f"{DATA}/digitaltwins/write"),
        Route("GET", f"{TWIN}/relationships", graph.no_such_twin, f"{DATA}/digitaltwins/relationships/read"),
        Route("GET", f"{TWIN}/incomingrelationships", graph.no_such_twin, f"{DATA}/digitaltwins/relationships/read"),
        Route("GET", f"{TWIN}/relationships/{{r}}", graph.no_such_twin, f"{DATA}/digitaltwins/relationships/read"),
        Route("PUT", f"{TWIN}/relationships/{{r}}", graph.no_such_twin, f"{DATA}/digitaltwins/relationships/write"),
        Route("PATCH", f"{TWIN}/relationships/{{r}}", graph.no_such_twin, f"{DATA}/digitaltwins/relationships/write"),
        Route("DELETE", f"{TWIN}/relationships/{{r}}", graph.no_such_twin, f"{DATA}/digitaltwins/relationships/delete"),
        Route("GET", "/eventroutes", graph.list_event_routes, f"{DATA}/eventroutes/read"),
        Route("GET", "/eventroutes/{id}", graph.no_such_event_route, f"{DATA}/eventroutes/read"),
        Route("PUT", "/eventroutes/{id}", graph.add_event_route, f"{DATA}/eventroutes/write"),
        Route("DELETE", "/eventroutes/{id}", graph.no_such_event_route, f"{DATA}/eventroutes/delete"),
        Route("GET", "/jobs/imports", graph.not_simulated, f"{DATA}/jobs/imports/read"),
        Route("GET", "/jobs/imports/{id}", graph.not_simulated, f"{DATA}/jobs/imports/read"),
        Route("PUT", "/jobs/imports/{id}", graph.not_simulated, f"{DATA}/jobs/imports/write"),
        Route("DELETE", "/jobs/imports/{id}", graph.not_simulated, f"{DATA}/jobs/imports/delete"),
        Route("POST", "/jobs/imports/{id}/cancel", graph.not_simulated, f"{DATA}/jobs/imports/cancel/action"),
        Route("GET", "/jobs/deletions", graph.not_simulated, f"{DATA}/jobs/deletions/read"),
        Route("POST", "/jobs/deletions", graph.not_simulated, f"{DATA}/jobs/deletions/write"),
        Route("GET", "/jobs/deletions/{id}", graph.not_simulated, f"{DATA}/jobs/deletions/read"),
    ]
)


class DataPlane:
    """Answers under the host name of every instance."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def handle(self, request: Request) -> Answer:
        """Answer a request; refusals come back rendered, because they carry the service's headers too."""
        try:
            answer = self._answer(request)
        except ServiceError as error:
            answer = error.answer()
            answer.headers |= error.headers
        answer.headers |= _service_headers(request)
        return answer

    def _answer(self, request: Request) -> Answer:
        instance = instance_at(self._cloud, request.host)
        if instance is None:
            raise SubDomainNotFound
        caller = self._caller(request)
        if instance["properties"].get("publicNetworkAccess") == "Disabled":
            raise Forbidden  # the sandbox's clients always come from the public network
        found = ROUTES.find(request.method, request.path)
        if found is None:
            allowed = ROUTES.methods(request.path)
            raise (
                MethodNotAllowed(allowed, path=request.path, method=request.method)
                if allowed
                else RouteNotFound(path=request.path)
            )
        route, values = found
        _check_version(request)
        if not self._cloud.access.permits(caller, route.action, instance["id"], data=True):
            raise Forbidden
        return route.handler(Call(self._cloud, request, caller, instance, values))

    def _caller(self, request: Request) -> Caller:
        try:
            return self._cloud.tokens.check(request.headers.get("authorization", ""), DIGITAL_TWINS_AUDIENCES)
        except TokenProblem as problem:
            raise (SubDomainNotFound if problem.reason == "tenant" else Unauthorized) from problem


def _check_version(request: Request) -> None:
    version = request.parameter("api-version")
    if not version:
        raise ApiVersionUnspecified
    if version.lower() not in API_VERSIONS:
        raise UnsupportedApiVersion(uri=f"{request.base_url}{request.path}", version=version)


def _service_headers(request: Request) -> dict[str, Any]:
    """Return the headers of every recorded answer (JavaScript SDK recordings, 2022)."""
    parent = TRACE_PARENT.fullmatch(request.headers.get("traceparent", ""))
    trace = parent[1] if parent else secrets.token_hex(16)
    return {
        "Strict-Transport-Security": "max-age=2592000",
        "traceresponse": f"00-{trace}-{secrets.token_hex(8)}-01",
        "mise-correlation-id": str(uuid.uuid4()),
    }
