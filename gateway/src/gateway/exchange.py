"""One request and its answer, as the gateway handles them: raw ASGI, headers read once, every answer dressed alike."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.identity import Principal
from chassis.operation_docs import JSON_LIMIT
from chassis.problems import render
from chassis.refusals import FieldError, Invalid, Malformed, Refusal, TooLarge
from chassis.texts import Language, Text, negotiate
from starlette.types import Message, Receive, Scope, Send

from gateway.refusals import BankTokenRefused

Fields = list[tuple[bytes, bytes]]

SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-frame-options", b"DENY"),
)
NO_CONTENT = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
NO_STORE = (b"cache-control", b"no-store")
_NOT_AN_OBJECT = Text(en="A JSON object is expected here.", zh="此处应为 JSON 对象。")


class Gone(Exception):
    """The caller went away while we were still reading; there is nobody to answer."""


@dataclass(slots=True)
class Exchange:
    """What is known of a request by now. `extra` are header fields for the answer, whoever gives it."""

    scope: Scope
    receive: Receive
    _send: Send
    headers: Mapping[str, str]
    ends_at: float
    principal: Principal | None = None
    extra: Fields = field(default_factory=list)
    started: bool = False

    @classmethod
    def of(cls, scope: Scope, receive: Receive, send: Send, *, total_s: float) -> "Exchange":
        """Reads the header fields once; of repeated ones the first counts, but credentials are never ambiguous."""
        headers: dict[str, str] = {}
        for raw, value in scope["headers"]:
            name = raw.decode("latin-1")
            if name in headers and name == "authorization":
                headers[name] = ""
            headers.setdefault(name, value.decode("latin-1"))
        return cls(scope, receive, send, headers, time.monotonic() + total_s)

    @property
    def method(self) -> str:
        """GET, POST ..."""
        method: str = self.scope["method"]
        return method

    @property
    def path(self) -> str:
        """The path as it was sent, escapes and all, without the query."""
        raw: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        return raw.partition(b"?")[0].decode("latin-1")

    @property
    def query(self) -> str:
        """The query as it was sent."""
        raw: bytes = self.scope["query_string"]
        return raw.decode("latin-1")

    @property
    def language(self) -> Language:
        """The caller's language."""
        return negotiate(self.headers.get("accept-language"))

    @property
    def caller(self) -> Principal:
        """The caller, once known."""
        assert self.principal is not None
        return self.principal

    @property
    def address(self) -> str:
        """Where the connection comes from."""
        client = self.scope.get("client")
        return str(client[0]) if client else "unknown"

    def left_s(self) -> float:
        """What is left of the time for this request."""
        return max(0.001, self.ends_at - time.monotonic())

    def token(self) -> str:
        """The bearer token of the header; a token anywhere else is not looked for."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise BankTokenRefused("no token")
        return token.strip()

    async def send(self, message: Message) -> None:
        """Passes on a message of the answer, with what every answer of ours carries."""
        if message["type"] == "http.response.start":
            self.started = True
            fields: Fields = list(message.get("headers", ()))
            there = {name.lower() for name, _ in fields}
            fields += [field_ for field_ in (*SECURITY, NO_CONTENT, NO_STORE) if field_[0] not in there]
            fields += self.extra
            message = {**message, "headers": fields}
        await self._send(message)

    async def answer(self, status: int, body: bytes, *, media_type: bytes, fields: Fields | None = None) -> None:
        """A whole answer at once."""
        headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode()), *(fields or [])]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"" if self.method == "HEAD" else body})

    async def answer_json(self, body: Any, *, status: int = 200) -> None:
        """A JSON answer of our own, in the caller's language."""
        content = json.dumps(body, ensure_ascii=False).encode()
        fields = [(b"content-language", self.language.value.encode())]
        await self.answer(status, content, media_type=b"application/json", fields=fields)

    async def refuse(self, refusal: Refusal, status: int, fields: Fields | None = None) -> None:
        """A refusal as problem+json."""
        self.scope["problem_code"] = refusal.code
        self.extra += fields or []
        await render(refusal, status, self.language)(self.scope, self.receive, self.send)

    def check_declared_length(self, limit: int) -> None:
        """Raises `TooLarge` where Content-Length already says so."""
        declared = self.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise TooLarge(limit_kib=limit // 1024)

    async def body(self, limit: int = JSON_LIMIT) -> bytes:
        """The whole body, at most `limit` bytes. Raises `TooLarge`, and `Gone` when the caller breaks off."""
        self.check_declared_length(limit)
        pieces, size, more = [], 0, True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Gone
            piece = message.get("body", b"")
            size += len(piece)
            if size > limit:
                raise TooLarge(limit_kib=limit // 1024)
            pieces.append(piece)
            more = message.get("more_body", False)
        return b"".join(pieces)

    async def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `Malformed` for what is no JSON, `Invalid` for another shape."""
        try:
            found = json.loads(await self.body())
        except (ValueError, RecursionError):
            raise Malformed() from None
        if not isinstance(found, dict):
            raise Invalid([FieldError("", "field.object-expected", _NOT_AN_OBJECT)])
        return found
