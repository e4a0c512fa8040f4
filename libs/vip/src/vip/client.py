"""The public API as a program of the bank would use it: tokens from the issuer, calls through the gateway."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

GIVE_UP_AFTER = 4
FRESH_FOR_S = 3000.0


class Refused(Exception):
    """The API said no. `code` is stable; the message is what it says to a person."""

    def __init__(self, status: int, problem: Mapping[str, Any], what: str) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.errors = list(problem.get("errors", []))
        detail = problem.get("detail") or problem.get("title") or "no reason given"
        rows = "".join(
            f"\n  {error.get('pointer', '')}: {error.get('detail', error.get('code', ''))}" for error in self.errors
        )
        super().__init__(f"{what}: {status} {self.code} {detail}{rows}")


class Unreachable(Exception):
    """Nobody answers where the gateway or the issuer should be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a JSON object, the ETag where there is one."""

    status: int
    body: dict[str, Any]
    etag: str | None


class Api:
    """One connection pool to the gateway; each call says as whom."""

    def __init__(self, gateway_url: str, issuer_url: str, *, language: str = "en") -> None:
        self._client = httpx.AsyncClient(base_url=gateway_url, timeout=30, trust_env=False)
        self._issuer_url = issuer_url
        self._language = language
        self._tokens: dict[str, tuple[str, float]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def token(self, subject: str) -> str:
        """An access token for this person from the development issuer; reused while it is fresh."""
        kept = self._tokens.get(subject)
        if kept is not None and time.monotonic() < kept[1]:
            return kept[0]
        form = {"grant_type": "client_credentials", "subject": subject}
        try:
            answer = await self._client.post(f"{self._issuer_url}/token", data=form)
        except httpx.TransportError as away:
            raise Unreachable(f"No issuer answers at {self._issuer_url}. Is the house up? (vip status)") from away
        if answer.status_code != 200:
            raise Refused(answer.status_code, {"detail": answer.json().get("error_description")}, "token")
        token = str(answer.json()["access_token"])
        self._tokens[subject] = (token, time.monotonic() + FRESH_FOR_S)
        return token

    async def send(
        self,
        method: str,
        path: str,
        *,
        by: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        files: Sequence[tuple[str, Any]] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        timeout_s: float = 30.0,
    ) -> Answer:
        """One call. A POST has an idempotency key, so what failed half-way (503, a lost line) is safely sent again."""
        sent = {
            "Authorization": f"Bearer {await self.token(by)}",
            "Accept-Language": self._language,
            **({"Idempotency-Key": key or str(uuid4())} if method != "GET" else {}),
            **(headers or {}),
        }
        what = f"{method} {path}"
        for attempt in range(1, GIVE_UP_AFTER + 1):
            try:
                answer = await self._client.request(
                    method, path, json=body, params=params, files=files, data=form, headers=sent, timeout=timeout_s
                )
            except httpx.TransportError as away:
                if attempt == GIVE_UP_AFTER:
                    raise Unreachable(
                        f"{what}: no answer ({type(away).__name__}). Is the house up? (vip status)"
                    ) from away
                await asyncio.sleep(0.5 * attempt)
                continue
            if answer.status_code in (429, 503) and attempt < GIVE_UP_AFTER:
                await asyncio.sleep(min(5.0, float(answer.headers.get("Retry-After", "1"))))
                continue
            break
        found = answer.json() if answer.content else {}
        if answer.status_code >= 400:
            raise Refused(answer.status_code, found if isinstance(found, dict) else {}, what)
        return Answer(answer.status_code, found, answer.headers.get("ETag"))

    async def get(self, path: str, *, by: str, **params: Any) -> dict[str, Any]:
        """The body of a GET."""
        return (await self.send("GET", path, by=by, params=params)).body

    async def post(self, path: str, body: Mapping[str, Any], *, by: str, key: str | None = None) -> dict[str, Any]:
        """The body of the answer to a POST."""
        return (await self.send("POST", path, by=by, body=body, key=key)).body

    async def items(self, path: str, *, by: str, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        cursor: str | None = None
        while True:
            page = await self.get(path, by=by, **params, **({"cursor": cursor} if cursor else {}))
            for item in page["items"]:
                yield item
            cursor = page.get("next_cursor")
            if not cursor:
                return
