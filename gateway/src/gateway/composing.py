"""Answers that need several services: the caller card, the client overview, lists that all of them have a part of.

A part that cannot be had is said to be missing, with the reason; nothing is guessed. No business rule lives here.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from chassis.pages import decode_cursor, encode_cursor
from chassis.refusals import FieldError, Forbidden, Invalid, Refusal, TryLater
from chassis.texts import Text

from gateway import evidence
from gateway.exchange import Exchange
from gateway.proxy import Proxy, send_back
from gateway.refusals import TooManyAuditRows, UpstreamAway
from gateway.routes import (
    AUDIT_RECORDS,
    CALLER_CARDS,
    COMPOSED,
    EVIDENCE,
    OVERVIEW,
    WORK_ITEMS,
    Composed,
    Route,
    RoutingTable,
)
from gateway.upstreams import Reply, Upstreams

_LIMIT_MAX = 200
_PART_S = 3
_NO_UUID = Text(en="An id is expected here.", zh="此处应为标识符。")
_NO_LIMIT = Text(en="A number from 1 to 200 is expected here.", zh="此处应为 1 至 200 的数字。")
_UNKNOWN = Text(en="This parameter is not known here.", zh="不支持此参数。")


@dataclass(frozen=True, slots=True)
class Merged:
    """A list that every service has a part of: its order, and what may narrow it."""

    key: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    kinds: tuple[type, ...]
    filters: frozenset[str]
    newest_first: bool = False


# Work items, oldest first: ids are in the order of time. Audit rows, the newest first.
MERGED: Mapping[tuple[str, str], Merged] = {
    WORK_ITEMS: Merged(lambda item: (UUID(item["id"]),), (UUID,), frozenset({"client_id"})),
    AUDIT_RECORDS: Merged(
        lambda item: (datetime.fromisoformat(item["at"]), item["service"], item["id"]),
        (datetime, str, int),
        frozenset({"client_id", "subject", "act", "object_id", "since", "until"}),
        newest_first=True,
    ),
}


class Composer:
    """Answers the gateway's own operations with what the services say."""

    def __init__(self, upstreams: Upstreams, proxy: Proxy, table: RoutingTable) -> None:
        self._upstreams, self._proxy, self._table = upstreams, proxy, table

    async def answer(self, exchange: Exchange, route: Route) -> None:
        """The whole exchange for one of the gateway's own routes."""
        operation = (route.method, route.template)
        if operation == CALLER_CARDS:
            await self._caller_card(exchange)
        elif operation == OVERVIEW:
            await self._overview(exchange)
        elif operation == EVIDENCE:
            await self._evidence(exchange)
        elif operation in MERGED:
            await self._merged(exchange, route, MERGED[operation])
        else:
            await self._in_turn(exchange, route)

    async def _caller_card(self, exchange: Exchange) -> None:
        """Recognition's second step and what the agent needs with it (XC-12): tier and manager, cards, complaints."""
        body = await exchange.json_object()
        lookup = _uuid(body.pop("lookup_id", None), "/lookup_id")
        target = f"/v1/client-lookups/{lookup}/confirmations"
        key = exchange.headers.get("idempotency-key")
        keyed = {"idempotency-key": key} if key is not None else {}
        recognised = await self._ask(exchange, "client-registry", "POST", target, body=body, headers=keyed)
        if recognised.status >= 400:
            await _pass_refusal(exchange, recognised)
            return
        client_id = _uuid(recognised.body.get("client_id"), "/client_id")
        parts = await self._parts(exchange, COMPOSED[CALLER_CARDS], client_id)
        await exchange.answer_json({"client": recognised.body, **parts}, status=recognised.status)

    async def _overview(self, exchange: Exchange) -> None:
        """One client at a glance. The registry decides whether the caller may see the client at all."""
        client_id = _uuid(exchange.path.split("/")[3], "/client_id")
        query = f"?{exchange.query}" if exchange.query else ""
        known = await self._ask(exchange, "client-registry", "GET", f"/v1/clients/{client_id}{query}")
        if known.status >= 400:
            await _pass_refusal(exchange, known)
            return
        parts = await self._parts(exchange, COMPOSED[OVERVIEW], client_id)
        await exchange.answer_json({"client": known.body, **parts})

    async def _evidence(self, exchange: Exchange) -> None:
        """Everything that proves how a client was treated, whole or not at all: a missing service is no evidence."""
        client_id = _uuid(exchange.path.split("/")[3], "/client_id")
        query = f"?{exchange.query}" if exchange.query else ""
        known = await self._ask(exchange, "client-registry", "GET", f"/v1/clients/{client_id}/evidence{query}")
        if known.status >= 400:
            await _pass_refusal(exchange, known)
            return
        route = self._table.get(*AUDIT_RECORDS)
        homes = route.homes if route is not None else ()
        asked = [self._audit_of(exchange, service, client_id, known.body["as_of"]) for service in homes]
        found = await asyncio.gather(*asked)
        refused = next((rows for rows in found if isinstance(rows, Reply)), None)
        if refused is not None:
            await _pass_refusal(exchange, refused)
            return
        rows = {service: rows for service, rows in zip(homes, found, strict=True) if not isinstance(rows, Reply)}
        content = await asyncio.to_thread(evidence.package, known.body, rows)
        name = f'attachment; filename="evidence-{client_id}.zip"'.encode()
        await exchange.answer(200, content, media_type=b"application/zip", fields=[(b"content-disposition", name)])

    async def _audit_of(
        self, exchange: Exchange, service: str, client_id: UUID, until: str
    ) -> list[dict[str, Any]] | Reply:
        """All audit rows of a service about a client before a moment, page by page; a refusal as it came."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            wanted = urlencode({"client_id": str(client_id), "until": until, "limit": _LIMIT_MAX, **cursor})
            reply = await self._ask(exchange, service, "GET", f"/v1/audit-records?{wanted}")
            if reply.status >= 500:
                raise UpstreamAway()
            if reply.status >= 400:
                return reply
            rows += reply.body["items"]
            if len(rows) > evidence.ROWS_MAX:
                raise TooManyAuditRows(service=service, most=evidence.ROWS_MAX)
            if not reply.body["next_cursor"]:
                return rows
            cursor = {"cursor": reply.body["next_cursor"]}

    async def _parts(self, exchange: Exchange, composed: Composed, client_id: UUID) -> dict[str, Any]:
        names = list(composed.parts)
        found = await asyncio.gather(*(self._part(exchange, composed.parts[name], client_id) for name in names))
        return dict(zip(names, found, strict=True))

    async def _part(self, exchange: Exchange, template: str, client_id: UUID) -> dict[str, Any]:
        route = self._table.get("GET", template)
        if route is None:
            return _missing(UpstreamAway(), exchange)
        if not route.admits(exchange.caller):
            return _missing(Forbidden(), exchange)
        try:
            reply = await self._ask(exchange, route.service, "GET", template.replace("{client_id}", str(client_id)))
        except TryLater as away:
            return _missing(away, exchange)
        if reply.status != 200:
            problem = {"code": reply.body.get("code", "upstream.refused"), "detail": reply.body.get("detail", "")}
            return {"available": False, "data": None, "problem": problem}
        return {"available": True, "data": reply.body, "problem": None}

    async def _merged(self, exchange: Exchange, route: Route, merged: Merged) -> None:
        """One list out of those of all services. Its key is unique over all of them, so one cursor serves all."""
        limit, cursor, rest = _page_of(exchange, merged)
        query = urlencode({"limit": limit, **rest, **({"cursor": cursor} if cursor else {})})
        asked = [self._items_of(exchange, service, f"{route.template}?{query}") for service in route.homes]
        replies = await asyncio.gather(*asked)
        refused = next((reply for reply in replies if isinstance(reply, Reply) and reply.status >= 400), None)
        if refused is not None:
            await _pass_refusal(exchange, refused)
            return
        pages = [reply.body for reply in replies if isinstance(reply, Reply)]
        if not pages:
            raise UpstreamAway()
        items = sorted((item for page in pages for item in page["items"]), key=merged.key, reverse=merged.newest_first)
        more = len(items) > limit or any(page["next_cursor"] for page in pages)
        shown = items[:limit]
        missing = [
            {"service": service, "code": reply.code}
            for service, reply in zip(route.homes, replies, strict=True)
            if not isinstance(reply, Reply)
        ]
        next_cursor = encode_cursor(*merged.key(shown[-1])) if more and shown else None
        await exchange.answer_json({"items": shown, "next_cursor": next_cursor, "missing": missing})

    async def _items_of(self, exchange: Exchange, service: str, target: str) -> Reply | TryLater:
        try:
            reply = await self._ask(exchange, service, "GET", target)
        except TryLater as away:
            return away
        return UpstreamAway() if reply.status >= 500 else reply

    async def _in_turn(self, exchange: Exchange, route: Route) -> None:
        """Asks the services one after another; the first that knows the thing answers for all."""
        target = exchange.path + (f"?{exchange.query}" if exchange.query else "")
        body = await exchange.body() or None
        away: TryLater | None = None
        for service in route.homes:
            headers = self._proxy.headers_for(exchange, service)
            try:
                async with self._upstreams.send(
                    service, route.method, target, headers, body, exchange.left_s()
                ) as response:
                    if response.status != 404 or (service == route.homes[-1] and away is None):
                        await send_back(exchange, response)
                        return
                    await response.read()
            except TryLater as no_answer:
                if exchange.started:
                    raise
                away = no_answer
        # Not found among those who answered: whether it exists is known only to the one that is away.
        raise away or UpstreamAway()

    async def _ask(
        self,
        exchange: Exchange,
        service: str,
        method: str,
        target: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        sent = {
            "authorization": self._proxy.headers_for(exchange, service)["authorization"],
            "accept": "application/json",
            "accept-language": exchange.language.value,
            **(headers or {}),
        }
        left_s = min(exchange.left_s(), _PART_S)
        return await self._upstreams.ask(service, method, target, headers=sent, body=body, left_s=left_s)


def _uuid(value: Any, pointer: str) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise Invalid([FieldError(pointer, "field.uuid-expected", _NO_UUID)]) from None


def _page_of(exchange: Exchange, merged: Merged) -> tuple[int, str | None, dict[str, str]]:
    given = dict(parse_qsl(exchange.query, keep_blank_values=True))
    raw, cursor = given.pop("limit", "50"), given.pop("cursor", None)
    if not (raw.isascii() and raw.isdecimal() and 1 <= int(raw) <= _LIMIT_MAX):
        raise Invalid([FieldError("/limit", "field.out-of-range", _NO_LIMIT)])
    if cursor:
        decode_cursor(cursor, *merged.kinds)
    unknown = sorted(set(given) - merged.filters)
    if unknown:
        raise Invalid([FieldError("/query", "field.unknown", _UNKNOWN)])
    return int(raw), cursor or None, given


def _missing(refusal: Refusal, exchange: Exchange) -> dict[str, Any]:
    problem = {"code": refusal.code, "detail": refusal.say(exchange.language)}
    return {"available": False, "data": None, "problem": problem}


async def _pass_refusal(exchange: Exchange, reply: Reply) -> None:
    """A service's refusal as it is: it decided, and it has said so in the caller's language."""
    exchange.scope["problem_code"] = reply.body.get("code")
    passed = ("content-language", "retry-after")
    fields = [(name.encode(), reply.headers[name].encode()) for name in passed if name in reply.headers]
    content = json.dumps(reply.body, ensure_ascii=False).encode()
    await exchange.answer(reply.status, content, media_type=b"application/problem+json", fields=fields)
