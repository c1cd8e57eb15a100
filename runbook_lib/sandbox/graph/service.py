"""The routes of graph.microsoft.com/v1.0."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from ..context import Context
from ..http import Answer, Request, Route, Routes
from ..store import Document
from ..tokens import GRAPH_AUDIENCES, Caller, TokenProblem
from . import elsewhere, errors, membership
from .searches import parse_search
from .shapes import (
    APPLICATION,
    GROUP,
    ORGANIZATION,
    SERVICE_PRINCIPAL,
    TYPES,
    USER,
    ObjectType,
    by_app_id,
    find_object,
    get_object,
    organizations,
)

ODATA = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
METADATA = "https://graph.microsoft.com/v1.0/$metadata"
LARGEST_PAGE = 999
DEFAULT_PAGE = 100
MOST_IDS = 1000
"""How many ids getByIds takes (documented)."""

Handler = Callable[[Request, Caller, dict[str, str]], Answer]


class Graph:
    """The part of the directory that you need to give a principal access."""

    def __init__(self, context: Context) -> None:
        self._store = context.store
        self._clock = context.clock
        self._tokens = context.tokens
        rows: list[Route[Handler]] = [
            Route("GET", "/v1.0/me", self._me),
            Route("GET", "/v1.0/me/{relation}", self._my_relation),
            Route("POST", "/v1.0/directoryObjects/getByIds", self._by_ids),
            Route("GET", "/v1.0/directoryObjects/{id}", self._any_object),
            Route("GET", "/v1.0/organization", self._organizations),
            Route("GET", "/v1.0/organization/{id}", self._organization),
            Route("POST", "/v1.0/me/{function}", self._my_membership),
            Route("POST", "/v1.0/directoryObjects/{id}/{function}", self._membership),
        ]
        for kind in (APPLICATION, SERVICE_PRINCIPAL):
            rows.append(Route("GET", f"/v1.0/{kind.collection}(appId='{{id}}')", self._one_by_app_id(kind)))
        credentials = f"/v1.0/{APPLICATION.collection}/{{id}}/federatedIdentityCredentials"
        rows += [
            Route("GET", credentials, self._credentials),
            Route("POST", credentials, self._refuse_to_write),
            Route("GET", f"{credentials}/{{name}}", self._credential),
        ]
        for kind in TYPES.values():
            rows += [
                Route("GET", f"/v1.0/{kind.collection}", self._list_of(kind)),
                Route("GET", f"/v1.0/{kind.collection}/$count", self._count_of(kind)),
                Route("POST", f"/v1.0/{kind.collection}/{{id}}/{{function}}", self._membership_of(kind)),
                Route("GET", f"/v1.0/{kind.collection}/{{id}}", self._one_of(kind)),
                Route("GET", f"/v1.0/{kind.collection}/{{id}}/{{relation}}", self._relation_of(kind)),
            ]
        self.routes: Routes[Handler] = Routes(rows)

    def handle(self, request: Request) -> Answer:
        """Answer a request to Graph."""
        request_id = request.headers.get("client-request-id", "")
        try:
            answer = self._dispatch(request)
        except errors.GraphError as error:
            answer = error.envelope(self._clock.now(), request_id)
        answer.headers["request-id"] = answer.headers["client-request-id"] = request_id or str(uuid.uuid4())
        return answer

    def action(self, _: Request) -> str:
        """Name no action: Graph has its own kind of permissions."""
        return ""

    def _dispatch(self, request: Request) -> Answer:
        if request.refusal:
            raise request.refusal
        try:
            caller = self._tokens.check(request.headers.get("authorization", ""), GRAPH_AUDIENCES)
        except TokenProblem as problem:
            raise errors.unauthenticated(problem) from problem
        found = self.routes.find(request.method, request.path)
        if found is None:
            # Nobody in this company can change the directory in any way.
            if self.routes.methods(request.path) or request.path.endswith("/$ref"):
                raise errors.insufficient_privileges()
            if elsewhere.exists(request.path):
                raise errors.not_simulated(request.path)
            raise errors.no_segment(request.path.strip("/").rpartition("/")[2])
        route, values = found
        if not request.path.lower().startswith("/v1.0/me"):
            self._require_directory_right(caller)
        return route.handler(request, caller, values)

    def _require_directory_right(self, caller: Caller) -> None:
        found = find_object(self._store, caller.object_id)
        # A member of the tenant can read it; a guest can't, and an application only with consent.
        usual = found is not None and found[0] is USER and found[1].get("userType") != "Guest"
        if found is None or not found[1].get("mayReadDirectory", usual):
            raise errors.insufficient_privileges()

    def _me(self, request: Request, caller: Caller, _: dict[str, str]) -> Answer:
        return _entity(USER, self._myself(caller), request)

    def _myself(self, caller: Caller) -> Document:
        if caller.kind != "user":
            raise errors.delegated_only()
        return self._get(USER, caller.object_id)

    def _my_relation(self, request: Request, caller: Caller, values: dict[str, str]) -> Answer:
        return self._related(request, USER, self._myself(caller), values["relation"])

    def _get(self, kind: ObjectType, identifier: str) -> Document:
        document = get_object(self._store, kind, identifier)
        if document is None and kind is USER:
            name = identifier.lower()
            document = next((u for u in self._store.list("user") if u["userPrincipalName"].lower() == name), None)
        if document is None:
            raise errors.not_found(identifier)
        return document

    def _one_of(self, kind: ObjectType) -> Handler:
        return lambda request, _, values: _entity(kind, self._get(kind, values["id"]), request)

    def _one_by_app_id(self, kind: ObjectType) -> Handler:
        def handler(request: Request, _: Caller, values: dict[str, str]) -> Answer:
            document = by_app_id(self._store, kind, values["id"])
            if document is None:
                raise errors.not_found(values["id"])
            return _entity(kind, document, request)

        return handler

    def _my_membership(self, request: Request, caller: Caller, values: dict[str, str]) -> Answer:
        return self._member(request, self._myself(caller)["id"], values["function"])

    def _membership(self, request: Request, _: Caller, values: dict[str, str]) -> Answer:
        found = find_object(self._store, values["id"])
        if found is None:
            raise errors.not_found(values["id"])
        return self._member(request, found[1]["id"], values["function"])

    def _membership_of(self, kind: ObjectType) -> Handler:
        return lambda request, _, values: self._member(request, self._get(kind, values["id"])["id"], values["function"])

    def _member(self, request: Request, object_id: str, function: str) -> Answer:
        ids = membership.answer(self._store, function, object_id, request)
        return _found("Collection(Edm.String)", ids)

    def _any_object(self, _request: Request, _: Caller, values: dict[str, str]) -> Answer:
        found = find_object(self._store, values["id"])
        if found is None:
            raise errors.not_found(values["id"])
        context = {"@odata.context": f"{METADATA}#directoryObjects/$entity"}
        return Answer(200, context | _typed(*found), content_type=ODATA)

    def _organizations(self, request: Request, _: Caller, _values: dict[str, str]) -> Answer:
        select = _selected(ORGANIZATION, request)
        shown = [ORGANIZATION.show(tenant, select) for tenant in organizations(self._store)]
        return _page(request, ORGANIZATION.collection + _suffix(select), shown)

    def _organization(self, request: Request, _: Caller, values: dict[str, str]) -> Answer:
        found = next((tenant for tenant in organizations(self._store) if tenant["id"] == values["id"].lower()), None)
        if found is None:
            raise errors.not_found(values["id"])
        return _entity(ORGANIZATION, found, request)

    def _credentials(self, request: Request, _: Caller, values: dict[str, str]) -> Answer:
        """List whose tokens an application trusts (article "List federatedIdentityCredentials")."""
        application = self._get(APPLICATION, values["id"])
        context = f"{APPLICATION.collection}('{application['id']}')/federatedIdentityCredentials"
        return _page(request, context, application.get("federatedIdentityCredentials", []))

    def _credential(self, _request: Request, _: Caller, values: dict[str, str]) -> Answer:
        """Show a credential, by id or name."""
        application, name = self._get(APPLICATION, values["id"]), values["name"]
        for credential in application.get("federatedIdentityCredentials", []):
            if name in (credential["id"], credential["name"]):
                path = f"{APPLICATION.collection}('{application['id']}')/federatedIdentityCredentials/$entity"
                return Answer(200, {"@odata.context": f"{METADATA}#{path}", **credential}, content_type=ODATA)
        raise errors.not_found(name)

    def _refuse_to_write(self, _request: Request, _: Caller, _values: dict[str, str]) -> Answer:
        # Nobody in this company can change the directory in any way.
        raise errors.insufficient_privileges()

    def _by_ids(self, request: Request, _: Caller, _values: dict[str, str]) -> Answer:
        try:
            body = request.json()
            ids, types = list(body["ids"]), list(body.get("types") or [kind.name for kind in TYPES.values()])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise errors.bad_request("The request body needs 'ids', a list of object ids.") from None
        if len(ids) > MOST_IDS:
            raise errors.bad_request(f"Too many values specified for property 'ids'. Maximum allowed: {MOST_IDS}.")
        found = [find_object(self._store, str(identifier)) for identifier in ids]
        # Unknown ids are silently left out. That's where the portal's "Identity not found" comes from.
        value = [_typed(*hit) for hit in found if hit is not None and hit[0].name in types]
        return _found("directoryObjects", value)

    def _list_of(self, kind: ObjectType) -> Handler:
        def handler(request: Request, _: Caller, _values: dict[str, str]) -> Answer:
            documents = _matching(self._store.list(kind.name), kind, request)
            select = _selected(kind, request)
            shown = [kind.show(document, select) for document in documents]
            return _page(request, kind.collection + _suffix(select), shown)

        return handler

    def _count_of(self, kind: ObjectType) -> Handler:
        def handler(request: Request, _: Caller, _values: dict[str, str]) -> Answer:
            if not _eventual(request):
                raise errors.count_needs_header()
            found = _matching(self._store.list(kind.name), kind, request)
            return Answer(200, str(len(found)), content_type="text/plain")

        return handler

    def _relation_of(self, kind: ObjectType) -> Handler:
        return lambda request, _, values: self._related(
            request, kind, self._get(kind, values["id"]), values["relation"]
        )

    def _related(self, request: Request, kind: ObjectType, document: Document, relation: str) -> Answer:
        deep = relation.lower().startswith("transitive")
        match relation.lower():
            case "memberof" | "transitivememberof":
                found = membership.groups_above(self._store, document["id"], deep=deep)
            case "members" | "transitivemembers" if kind is GROUP:
                found = membership.members_of(self._store, document, deep=deep)
            case "owners" if kind is not USER:
                found = []  # recorded for objects without an owner, and no object here has one
            case _:
                if elsewhere.exists(request.path):
                    raise errors.not_simulated(request.path)
                raise errors.no_segment(relation)
        return _page(request, "directoryObjects", [_typed(*hit) for hit in found])


def _found(context: str, value: list[Any]) -> Answer:
    """Answer a question that was asked with POST. The recording really has this address."""
    body = {"@odata.context": f"{METADATA}#{context}", "value": value}
    return Answer(200, body, {"Location": "https://graph.microsoft.com"}, ODATA)


def _typed(kind: ObjectType, document: Document) -> Document:
    return {"@odata.type": f"#microsoft.graph.{kind.name}", **kind.show(document)}


def _entity(kind: ObjectType, document: Document, request: Request) -> Answer:
    select = _selected(kind, request)
    context = {"@odata.context": f"{METADATA}#{kind.collection}{_suffix(select)}/$entity"}
    return Answer(200, context | kind.show(document, select), content_type=ODATA)


def _suffix(select: tuple[str, ...]) -> str:
    return f"({','.join(select)})" if select else ""


def _selected(kind: ObjectType, request: Request) -> tuple[str, ...]:
    known = {name.lower(): name for name in kind.properties}
    wanted = [name.strip() for name in request.parameter("$select").split(",") if name.strip()]
    for name in wanted:
        if name.lower() not in known:
            raise errors.GraphError(
                400, "BadRequest", (f"Could not find a property named '{name}' on type 'microsoft.graph.{kind.name}'.")
            )
    return tuple(known[name.lower()] for name in wanted)


def _matching(documents: list[Document], kind: ObjectType, request: Request) -> list[Document]:
    if text := request.parameter("$filter"):
        from .filters import parse_filter  # here, so that the sandbox starts without lark

        keep = parse_filter(text, kind)
        documents = [document for document in documents if keep(document)]
    if text := request.parameter("$search"):
        if not _eventual(request):
            raise errors.search_needs_header()
        keep = parse_search(text, kind)
        documents = [document for document in documents if keep(document)]
    return sorted(documents, key=lambda document: str(document.get("displayName", "")).lower())


def _eventual(request: Request) -> bool:
    return request.headers.get("consistencylevel", "").lower() == "eventual"


def _page(request: Request, context: str, items: list[Document]) -> Answer:
    """Answer with one page; the link to the next has the position in a token of our own."""
    size, start = _page_size(request), _position(request.parameter("$skiptoken"))
    body: dict[str, Any] = {"@odata.context": f"{METADATA}#{context}"}
    if request.parameter("$count") == "true" and _eventual(request):
        body["@odata.count"] = len(items)
    if start + size < len(items):
        token = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        kept = [(name, value) for name, values in request.query.items() for value in values if name != "$skiptoken"]
        body["@odata.nextLink"] = f"{request.base_url}{request.path}?{urlencode([*kept, ('$skiptoken', token)])}"
    return Answer(200, body | {"value": items[start : start + size]}, content_type=ODATA)


def _page_size(request: Request) -> int:
    text = request.parameter("$top", str(DEFAULT_PAGE))
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_PAGE:
        message = f"Invalid page size specified: '{text}'. Must be between 1 and {LARGEST_PAGE} inclusive."
        raise errors.unsupported_query(message)
    return int(text)


def _position(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except (ValueError, binascii.Error):
        raise errors.bad_request("The $skiptoken is not valid.") from None
