"""The data plane's gateway: who can call what, checked in Azure's order, and the table of its operations."""

from __future__ import annotations

import re
import secrets
import uuid
from typing import Any

from ..arm.digital_twins import instance_at
from ..context import Context
from ..http import Answer, Request, Route, Routes, ServiceError
from ..tokens import DIGITAL_TWINS_AUDIENCES, Caller, TokenProblem
from . import event_routes, jobs, models, relationships, telemetry, twins
from .call import Call, Operation
from .catalog import Catalogs
from .errors import (
    ApiVersionUnspecified,
    Forbidden,
    MethodNotAllowed,
    PublicAccessDisabled,
    RouteNotFound,
    SubDomainNotFound,
    Unauthorized,
    UnsupportedApiVersion,
)
from .job_runs import Jobs
from .twin_graph import Graphs

API_VERSIONS = frozenset(
    {"2020-10-31", "2022-05-31", "2023-06-30", "2023-10-31", "2021-06-30-preview", "2023-02-27-preview"}
)
DATA = "Microsoft.DigitalTwins"
TWINS, RELATIONSHIPS = f"{DATA}/digitaltwins", f"{DATA}/digitaltwins/relationships"
JOBS = f"{DATA}/jobs"
TWIN = "/digitaltwins/{id}"
COMPONENT, RELATIONSHIP = f"{TWIN}/components/{{path}}", f"{TWIN}/relationships/{{r}}"
TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def _query_twins(call: Call) -> Answer:
    from .query.operation import query_twins  # imported here, so that the sandbox starts without the query language

    return query_twins(call)


# Data actions are from the permissions reference; it's an assumption that telemetry needs digitaltwins/write.
ROUTES: Routes[Operation] = Routes(
    [
        Route("GET", "/models", models.list_models, f"{DATA}/models/read"),
        Route("POST", "/models", models.add_models, f"{DATA}/models/write"),
        Route("GET", "/models/{id}", models.get_model, f"{DATA}/models/read"),
        Route("PATCH", "/models/{id}", models.update_model, f"{DATA}/models/write"),
        Route("DELETE", "/models/{id}", models.delete_model, f"{DATA}/models/delete"),
        Route("POST", "/query", _query_twins, f"{DATA}/query/action"),
        Route("GET", TWIN, twins.get_twin, f"{TWINS}/read"),
        Route("PUT", TWIN, twins.put_twin, f"{TWINS}/write"),
        Route("PATCH", TWIN, twins.patch_twin, f"{TWINS}/write"),
        Route("DELETE", TWIN, twins.delete_twin, f"{TWINS}/delete"),
        Route("POST", f"{TWIN}/telemetry", telemetry.send_telemetry, f"{TWINS}/write"),
        Route("GET", COMPONENT, twins.get_component, f"{TWINS}/read"),
        Route("PATCH", COMPONENT, twins.patch_component, f"{TWINS}/write"),
        Route("POST", f"{COMPONENT}/telemetry", telemetry.send_component_telemetry, f"{TWINS}/write"),
        Route("GET", f"{TWIN}/relationships", relationships.list_relationships, f"{RELATIONSHIPS}/read"),
        Route(
            "GET", f"{TWIN}/incomingrelationships", relationships.list_incoming_relationships, f"{RELATIONSHIPS}/read"
        ),
        Route("GET", RELATIONSHIP, relationships.get_relationship, f"{RELATIONSHIPS}/read"),
        Route("PUT", RELATIONSHIP, relationships.put_relationship, f"{RELATIONSHIPS}/write"),
        Route("PATCH", RELATIONSHIP, relationships.patch_relationship, f"{RELATIONSHIPS}/write"),
        Route("DELETE", RELATIONSHIP, relationships.delete_relationship, f"{RELATIONSHIPS}/delete"),
        Route("GET", "/eventroutes", event_routes.list_event_routes, f"{DATA}/eventroutes/read"),
        Route("GET", "/eventroutes/{id}", event_routes.get_event_route, f"{DATA}/eventroutes/read"),
        Route("PUT", "/eventroutes/{id}", event_routes.put_event_route, f"{DATA}/eventroutes/write"),
        Route("DELETE", "/eventroutes/{id}", event_routes.delete_event_route, f"{DATA}/eventroutes/delete"),
        Route("GET", "/jobs/imports", jobs.list_import_jobs, f"{JOBS}/imports/read"),
        Route("GET", "/jobs/imports/{id}", jobs.get_import_job, f"{JOBS}/imports/read"),
        Route("PUT", "/jobs/imports/{id}", jobs.put_import_job, f"{JOBS}/imports/write"),
        Route("DELETE", "/jobs/imports/{id}", jobs.delete_import_job, f"{JOBS}/imports/delete"),
        Route("POST", "/jobs/imports/{id}/cancel", jobs.cancel_import_job, f"{JOBS}/imports/cancel/action"),
        Route("GET", "/jobs/deletions", jobs.list_deletion_jobs, f"{JOBS}/deletions/read"),
        Route("POST", "/jobs/deletions", jobs.post_deletion_job, f"{JOBS}/deletions/write"),
        Route("GET", "/jobs/deletions/{id}", jobs.get_deletion_job, f"{JOBS}/deletions/read"),
    ]
)


class DataPlane:
    """Answers under the host name of every instance."""

    routes = ROUTES

    def __init__(self, context: Context) -> None:
        self._context = context
        self._graphs = Graphs(context.store, context.clock, context.pace)
        self._catalogs = Catalogs(context.store)
        self._jobs = Jobs(context, self._graphs, self._catalogs)

    def handle(self, request: Request) -> Answer:
        """Answer a request. Refusals are rendered here, because they have the service's headers too."""
        try:
            answer = self._answer(request)
        except ServiceError as error:
            answer = error.answer()
            answer.headers |= error.headers
        answer.headers |= _service_headers(request)
        return answer

    def action(self, request: Request) -> str:
        """Name the data action that a request needs, for fault injection."""
        found = ROUTES.find(request.method, request.path)
        return found[0].action if found else ""

    def _answer(self, request: Request) -> Answer:
        if request.refusal:
            raise request.refusal
        instance = instance_at(self._context.store, request.host)
        if instance is None:
            raise SubDomainNotFound
        caller = self._caller(request)
        if instance["properties"].get("publicNetworkAccess") == "Disabled":
            raise PublicAccessDisabled  # the sandbox's clients always come from the public network
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
        if not self._context.access.permits(caller, route.action, instance["id"], data=True):
            raise Forbidden
        return route.handler(
            Call(
                self._context.store,
                self._context.clock,
                request,
                caller,
                instance,
                values,
                self._graphs,
                self._catalogs,
                self._jobs,
            )
        )

    def _caller(self, request: Request) -> Caller:
        try:
            return self._context.tokens.check(request.headers.get("authorization", ""), DIGITAL_TWINS_AUDIENCES)
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
