"""Lists in pages: keyset cursors that say nothing to a reader, and no totals."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query

from chassis.bodies import Output
from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

T = TypeVar("T")
Row = TypeVar("Row")
Key = str | int | UUID | datetime | date | Decimal | None

_CHECK_BYTES = 6


class CursorBroken(Invalid):
    """A cursor that is not one of ours, or was made for another list (422)."""

    code = "cursor.broken"
    text = Text(
        en="The cursor does not belong to this list; start again without it.", zh="分页游标无效，请从首页重新查询。"
    )

    def __init__(self) -> None:
        super().__init__([FieldError("/cursor", self.code, self.text)])


class PageParams:
    """`limit` (1-200, default 50) and `cursor` of a list request."""

    def __init__(self, limit: int, cursor: str | None) -> None:
        self.limit = limit
        self.cursor = cursor

    def after(self, *kinds: type) -> tuple[Any, ...] | None:
        """The key the page begins after, or None for the first page. Raises `CursorBroken`."""
        return decode_cursor(self.cursor, *kinds) if self.cursor else None


async def _params(
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
) -> PageParams:
    return PageParams(limit, cursor)


Page = Annotated[PageParams, Depends(_params)]


class PageOf(Output, Generic[T]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


def page(items: list[T], next_cursor: str | None) -> PageOf[T]:
    """A page as it is answered; say `-> PageOf[ClientView]` at the route."""
    return PageOf[T].model_construct(items=items, next_cursor=next_cursor)


def cut(rows: Sequence[Row], limit: int, by: Callable[[Row], Sequence[Key]]) -> tuple[Sequence[Row], str | None]:
    """The page of rows read with `limit + 1`, and the cursor of the next page if there is one."""
    if len(rows) <= limit:
        return rows, None
    kept = rows[:limit]
    return kept, encode_cursor(*by(kept[-1]))


def encode_cursor(*key: Key) -> str:
    """A keyset key as text for a URL; opaque, and never made of personal data (it stands in logs of others)."""
    packed = json.dumps([_text(part) for part in key], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(_check(packed) + packed).rstrip(b"=").decode()


def decode_cursor(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """The key inside a cursor, each part of its kind or None. Raises `CursorBroken` for anything else."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, packed = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        parts = json.loads(packed)
        if check != _check(packed) or len(parts) != len(kinds):
            raise CursorBroken()
        return tuple(_value(kind, part) for kind, part in zip(kinds, parts, strict=True))
    except (binascii.Error, ValueError, TypeError, InvalidOperation):
        raise CursorBroken() from None


def _check(packed: bytes) -> bytes:
    return hashlib.sha256(b"cursor" + packed).digest()[:_CHECK_BYTES]


def _text(part: Key) -> str | None:
    if part is None:
        return None
    return part.isoformat() if isinstance(part, date) else str(part)


def _value(kind: Any, part: str | None) -> Any:
    if part is None:
        return None
    if issubclass(kind, date):
        return kind.fromisoformat(part)
    return kind(part)
