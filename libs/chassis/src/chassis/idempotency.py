"""The same request twice has one effect and one answer (Idempotency-Key, conventions 5).

The key's row commits with the effect, so a stored answer always belongs to something that happened. A twin of a running
request waits at the row's primary key until the first one ends; what the first one rolled back, the twin then does.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chassis.db import Tx
from chassis.due_work import Sweeps
from chassis.frame_tables import FRAME
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.query import prepare
from chassis.refusals import Invalid, Malformed, TwinRunning
from chassis.texts import Text

RETENTION = timedelta(days=7)
WAIT_MS = 3000
SWEPT_AT_ONCE = 5000
_BITES = 40

_COLUMN = "idempotency_keys.answer"
# Any bytes as text and back: the cipher seals text, an answer need not be UTF-8.
_AS_TEXT = "latin-1"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_STORED_HEADERS = ("content-type", "content-language", "location", "etag", "cache-control", "retry-after")

_keys = FRAME.idempotency_keys
# The limit for waiting is set by the statement itself: one round trip less in every POST.
_CLAIM = prepare(
    sa.text(
        "INSERT INTO idempotency_keys (caller, route, key, id, fingerprint, created_at, client_id) "
        "SELECT CAST(:caller AS text), CAST(:route AS text), CAST(:key AS text), CAST(:id AS uuid), "
        "CAST(:fingerprint AS bytea), CAST(:now AS timestamptz), CAST(:client_id AS uuid) "
        "FROM (SELECT set_config('lock_timeout', CAST(:wait AS text), true)) AS limits "
        "ON CONFLICT (caller, route, key) DO NOTHING"
    )
)
_OF_KEY = sa.and_(
    _keys.c.caller == sa.bindparam("caller"), _keys.c.route == sa.bindparam("route"), _keys.c.key == sa.bindparam("key")
)
_STORED = prepare(
    sa.select(_keys.c.id, _keys.c.fingerprint, _keys.c.status, _keys.c.headers, _keys.c.answer).where(_OF_KEY)
)
_STORE = prepare(
    sa.text(
        "UPDATE idempotency_keys SET status = CAST(:status AS smallint), headers = CAST(:headers AS jsonb), "
        "answer = CAST(:answer AS bytea) WHERE caller = :caller AND route = :route AND key = :key"
    )
)
_SWEEP = prepare(
    sa.text(
        "DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY("
        "SELECT ctid FROM idempotency_keys WHERE created_at < CAST(:before AS timestamptz) LIMIT CAST(:most AS int)))"
    )
)


class KeyMissing(Malformed):
    """A POST that creates or decides came without an Idempotency-Key."""

    code = "idempotency.key-missing"
    text = Text(
        en="Send an Idempotency-Key of 1 to 255 visible ASCII characters; use the same one when you try again.",
        zh="请提供 Idempotency-Key（1 至 255 个可见 ASCII 字符），重试时使用同一个值。",
    )


class KeyReused(Invalid):
    """The same key came with another request."""

    code = "idempotency.key-reused"
    text = Text(
        en="This Idempotency-Key was already used for another request.", zh="该 Idempotency-Key 已用于另一个请求。"
    )


class StillRunning(TwinRunning):
    """The twin had not finished when the wait was over."""

    code = "idempotency.still-running"
    text = Text(
        en="The same request is still being worked on; ask again shortly with the same key.",
        zh="相同请求正在处理中，请稍后使用同一 Idempotency-Key 重试。",
    )


class Replay(Exception):
    """Not an error: the stored answer of the same request, to be sent again."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


@dataclass(frozen=True, slots=True)
class Claim:
    """A key taken for this request, inside its transaction."""

    caller: str
    route: str
    key: str
    id: UUID


def key_of(request: Request) -> str:
    """The request's key. Raises `KeyMissing` where there is none or it is not one."""
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise KeyMissing()
    return key


def fingerprint(request: Request, body_digest: bytes) -> bytes:
    """What makes two requests the same: method, path, query and body."""
    target = f"{request.method}\n{request.url.path}\n{request.url.query}\n".encode()
    return hashlib.sha256(target + body_digest).digest()


def client_of(request: Request) -> UUID | None:
    """The client whom the request's path names; None where it names none, or nothing that could be one."""
    named = request.path_params.get("client_id")
    try:
        return None if named is None else UUID(str(named))
    except ValueError:
        return None


async def claim(
    tx: Tx,
    principal: Principal,
    route: str,
    key: str,
    print_: bytes,
    *,
    now: datetime,
    client_id: UUID | None = None,
) -> Claim:
    """Takes the key for this request, waiting for a running twin at most `WAIT_MS`.

    Raises `Replay` with the answer of the same request, `KeyReused` for another request under this key and
    `StillRunning` when the wait is over.
    """
    caller = f"{principal.subject}|{principal.actor or ''}"
    taken = Claim(caller, route, key, new_id())
    try:
        inserted = await tx.execute(
            _CLAIM,
            caller=caller,
            route=route,
            key=key,
            id=taken.id,
            fingerprint=print_,
            now=now,
            wait=str(WAIT_MS),
            client_id=client_id,
        )
    except asyncpg.LockNotAvailableError as waited:
        raise StillRunning() from waited
    if inserted:
        return taken
    stored = await tx.fetchrow(_STORED, caller=caller, route=route, key=key)
    if stored is None or stored["status"] is None:
        # Swept away in this very moment: the caller may try again with the same key.
        raise StillRunning()
    if stored["fingerprint"] != print_:
        raise KeyReused()
    answer = tx.cipher.open(_COLUMN, stored["id"], stored["answer"])
    replayed = Response(answer.encode(_AS_TEXT), status_code=stored["status"], headers=stored["headers"])
    replayed.headers["Idempotency-Replayed"] = "true"
    raise Replay(replayed)


async def keep(tx: Tx, taken: Claim, response: Response) -> None:
    """Stores the answer, sealed, in the transaction of its effect. Raises `TypeError` for a streamed one."""
    if isinstance(response, StreamingResponse):
        raise TypeError(f"{taken.route}: an answer that is kept cannot be streamed")
    headers = {name: response.headers[name] for name in _STORED_HEADERS if name in response.headers}
    answer = tx.cipher.seal(_COLUMN, taken.id, bytes(response.body).decode(_AS_TEXT))
    await tx.execute(
        _STORE,
        caller=taken.caller,
        route=taken.route,
        key=taken.key,
        status=response.status_code,
        headers=headers,
        answer=answer,
    )


async def sweep(tx: Tx, *, now: datetime) -> int:
    """Forgets answers older than seven days, some thousands at once; how many."""
    return await tx.execute(_SWEEP, before=now - RETENTION, most=SWEPT_AT_ONCE)


def forget_hourly(sweeps: Sweeps) -> None:
    """Make forgetting one of the service's recurring sweeps."""

    @sweeps.recurring("forget-answers", cron="41 * * * *")
    async def forget_answers(tx: Tx, *, now: datetime) -> None:
        for _ in range(_BITES):
            if await sweep(tx, now=now) < SWEPT_AT_ONCE:
                return
