"""Which request goes where: read from the services' contracts, matched without a regular expression.

The contract is the whole truth: a path that no contract names does not exist, and who may use it is its `x-roles`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chassis.identity import Principal
from chassis.policy import ANY_STAFF

# What the frame gives every service alike: the gateway asks them in turn.
SHARED = ("/v1/operations", "/v1/work-items", "/v1/audit-records")
METHODS = ("get", "post", "put", "patch", "delete")
OWN = "gateway"


class ContractBroken(Exception):
    """A contract the gateway cannot route by; the message names the operation."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: whose it is (`service`), who may use it (`roles`), whether its body is an upload.

    One that several services have alike belongs to the gateway, and `homes` are the services to ask in turn.
    """

    service: str
    method: str
    template: str
    operation_id: str
    roles: frozenset[str]
    upload: bool = False
    homes: tuple[str, ...] = ()

    def admits(self, principal: Principal) -> bool:
        """Whether one of the caller's roles is named; the service looks at places and at the moment."""
        if ANY_STAFF in self.roles and principal.kind == "staff" and principal.grants:
            return True
        return any(grant.role in self.roles for grant in principal.grants)


@dataclass(slots=True)
class _Node:
    words: dict[str, "_Node"] = field(default_factory=dict)
    any: "_Node | None" = None
    routes: dict[str, Route] = field(default_factory=dict)


class RoutingTable:
    """All operations in a tree of path segments. A fixed word wins over a parameter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self.routes: list[Route] = []
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.template.strip("/").split("/"):
            if segment.startswith("{"):
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.words.setdefault(segment, _Node())
        taken = node.routes.setdefault(route.method, route)
        if taken is not route:
            raise ContractBroken(f"{route.method} {route.template} belongs to {taken.service} and {route.service}")
        self.routes.append(route)

    def get(self, method: str, template: str) -> Route | None:
        """The operation with exactly this template."""
        return next((route for route in self.routes if (route.method, route.template) == (method, template)), None)

    def find(self, path: str) -> Mapping[str, Route]:
        """The operations of a path by method; empty when there is none.

        A path with an escape or an empty segment is nobody's: what the next reader makes of it might be another path.
        """
        if not path.startswith("/") or "%" in path or "//" in path:
            return {}
        found = _walk(self._root, path[1:].split("/"), 0)
        return found.routes if found else {}


def _walk(node: _Node, segments: list[str], at: int) -> _Node | None:
    if at == len(segments):
        return node if node.routes else None
    segment = segments[at]
    below = node.words.get(segment)
    if below is not None:
        found = _walk(below, segments, at + 1)
        if found is not None:
            return found
    if node.any is None or segment in {"", ".", ".."}:
        return None
    return _walk(node.any, segments, at + 1)


def read_contract(contracts_dir: Path, service: str) -> dict[str, Any]:
    """The committed OpenAPI document of one service. Raises `ContractBroken` when there is none."""
    path = contracts_dir / "openapi" / f"{service}.json"
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        raise ContractBroken(f"{path.name} cannot be read ({type(broken).__name__})") from broken
    return document


def routes_of(service: str, document: Mapping[str, Any]) -> list[Route]:
    """The operations people may use. One without `x-roles` stops the gateway; one for services only is left out."""
    found = []
    for template, item in document.get("paths", {}).items():
        if template.startswith("/internal"):
            continue
        for method in METHODS:
            if method in item:
                route = _route(service, method.upper(), template, item[method])
                if route.roles:
                    found.append(route)
    return found


def _route(service: str, method: str, template: str, operation: Mapping[str, Any]) -> Route:
    if "x-roles" not in operation:
        raise ContractBroken(f"{method} {template} of {service} does not say x-roles")
    content = operation.get("requestBody", {}).get("content", {})
    return Route(
        service=service,
        method=method,
        template=template,
        operation_id=operation.get("operationId", ""),
        roles=frozenset(operation["x-roles"]),
        upload=bool(content) and "application/json" not in content,
    )


def table_of(documents: Mapping[str, Mapping[str, Any]]) -> RoutingTable:
    """The services' operations; those of the frame once, for the gateway to ask in turn. Raises `ContractBroken`."""
    alone: list[Route] = []
    shared: dict[tuple[str, str], Route] = {}
    for service, document in documents.items():
        for route in routes_of(service, document):
            if not route.template.startswith(SHARED):
                alone.append(route)
                continue
            key = (route.method, route.template)
            known = shared.get(key, replace(route, service=OWN, roles=frozenset()))
            shared[key] = replace(known, roles=known.roles | route.roles, homes=(*known.homes, service))
    return RoutingTable([*alone, *shared.values(), *composed_routes(alone)])


def composed_routes(routes: Iterable[Route]) -> list[Route]:
    """The gateway's own answers. Who may have one is who may have the registry's part of it."""
    by_template = {(route.method, route.template): route for route in routes}
    found = []
    for (method, template), composed in COMPOSED.items():
        first = by_template.get(composed.first)
        if first is not None:
            found.append(Route(OWN, method, template, composed.operation_id, first.roles, homes=(first.service,)))
    return found


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer put together: the operation that has to answer first, and the parts that may be missing."""

    operation_id: str
    first: tuple[str, str]
    parts: Mapping[str, str]


CALLER_CARDS = ("POST", "/v1/caller-cards")
OVERVIEW = ("GET", "/v1/clients/{client_id}/overview")
WORK_ITEMS = ("GET", "/v1/work-items")
AUDIT_RECORDS = ("GET", "/v1/audit-records")
EVIDENCE = ("GET", "/v1/clients/{client_id}/evidence-package")
COMPOSED: Mapping[tuple[str, str], Composed] = {
    CALLER_CARDS: Composed(
        "openCallerCard",
        ("POST", "/v1/client-lookups/{lookup_id}/confirmations"),
        {"cards": "/v1/clients/{client_id}/cards", "complaints": "/v1/clients/{client_id}/complaints"},
    ),
    OVERVIEW: Composed(
        "getClientOverview",
        ("GET", "/v1/clients/{client_id}"),
        {
            "cards": "/v1/clients/{client_id}/cards",
            "complaints": "/v1/clients/{client_id}/complaints",
            "contact_plan": "/v1/clients/{client_id}/contact-plan",
        },
    ),
    EVIDENCE: Composed("exportEvidence", ("GET", "/v1/clients/{client_id}/evidence"), {}),
}
