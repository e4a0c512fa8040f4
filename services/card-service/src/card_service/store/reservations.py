"""Reservations in PostgreSQL."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from card_service.domain.levels import CardLevel
from card_service.domain.reservations import Reservation, ReservationStatus, Wish

SELECTED = (
    "r.id, r.client_id, r.level, r.home_unit_id, h.path AS home_path, r.decision_id, r.cause, r.status, r.card_id,"
    " r.found_at, r.asked_at, r.reserved_at, r.version"
)
_FROM = "FROM reservations r LEFT JOIN org_units h ON h.id = r.home_unit_id"

_SAVE = prepare(
    sa.text(
        """
        INSERT INTO reservations (id, client_id, level, home_unit_id, decision_id, cause, status, card_id, found_at,
                                  asked_at, reserved_at, version)
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:client_ids AS uuid[]), CAST(:levels AS text[]),
            CAST(:home_unit_ids AS uuid[]), CAST(:decision_ids AS uuid[]), CAST(:causes AS text[]),
            CAST(:statuses AS text[]), CAST(:card_ids AS uuid[]), CAST(:found_ats AS text[]),
            CAST(:asked_ats AS timestamptz[]), CAST(:reserved_ats AS timestamptz[]), CAST(:versions AS bigint[]))
        ON CONFLICT (id) DO UPDATE SET home_unit_id = excluded.home_unit_id, status = excluded.status,
            card_id = excluded.card_id, found_at = excluded.found_at, reserved_at = excluded.reserved_at,
            version = excluded.version
        """
    )
)
_LOCK_OPEN_OF = prepare(
    sa.text(
        f"SELECT {SELECTED} {_FROM} WHERE r.client_id = ANY(CAST(:client_ids AS uuid[]))"
        " AND r.status IN ('waiting', 'reserved') ORDER BY r.id FOR UPDATE OF r"
    )
)
_LOCK = prepare(
    sa.text(f"SELECT {SELECTED} {_FROM} WHERE r.id = ANY(CAST(:ids AS uuid[])) ORDER BY r.id FOR UPDATE OF r")
)
_PEEK = prepare(sa.text(f"SELECT {SELECTED} {_FROM} WHERE r.id = ANY(CAST(:ids AS uuid[])) ORDER BY r.id"))
# A reservation that somebody else is changing at this moment is passed over: its holder may wait for our shelf.
_WAITING_BELOW = prepare(
    sa.text(
        f"""
        SELECT {SELECTED} FROM reservations r JOIN org_units h ON h.id = r.home_unit_id
        WHERE r.status = 'waiting' AND r.level = :level AND starts_with(h.path, :path)
        ORDER BY r.asked_at, r.id LIMIT :limit FOR UPDATE OF r SKIP LOCKED
        """  # noqa: S608
    )
)
_SERVABLE = prepare(
    sa.text(
        f"""
        SELECT {SELECTED} FROM reservations r JOIN org_units h ON h.id = r.home_unit_id
        WHERE r.status = 'waiting' AND EXISTS (
            SELECT FROM shelves s JOIN org_units u ON u.id = s.unit_id
            WHERE s.level = r.level AND s.in_stock > 0 AND starts_with(h.path, u.path))
        ORDER BY r.asked_at, r.id LIMIT :limit FOR UPDATE OF r SKIP LOCKED
        """  # noqa: S608
    )
)
_FOLLOW_UNITS = prepare(
    sa.text(
        """
        UPDATE reservations AS r SET found_at = m.new_path
        FROM unnest(CAST(:old_paths AS text[]), CAST(:new_paths AS text[])) AS m(old_path, new_path)
        WHERE r.found_at = m.old_path
        """
    )
)


async def follow_units(tx: Tx, moved: Mapping[str, str]) -> None:
    """Cards found on shelves of units that stand elsewhere now: old path → new path."""
    if moved:
        await tx.execute(_FOLLOW_UNITS, old_paths=list(moved), new_paths=list(moved.values()))


async def save_reservations(tx: Tx, reservations: Sequence[Reservation]) -> None:
    """New ones and changed ones in one statement; the database refuses a second open one of a client."""
    if not reservations:
        return
    await tx.execute(
        _SAVE,
        ids=[it.id for it in reservations],
        client_ids=[it.wish.client_id for it in reservations],
        levels=[it.wish.level.value for it in reservations],
        home_unit_ids=[it.wish.home_unit_id for it in reservations],
        decision_ids=[it.wish.decision_id for it in reservations],
        causes=[it.wish.cause for it in reservations],
        statuses=[it.status.value for it in reservations],
        card_ids=[it.card_id for it in reservations],
        found_ats=[it.found_at for it in reservations],
        asked_ats=[it.asked_at for it in reservations],
        reserved_ats=[it.reserved_at for it in reservations],
        versions=[it.version for it in reservations],
    )


async def lock_open_of(tx: Tx, client_ids: Sequence[UUID]) -> dict[UUID, Reservation]:
    """The open reservation of each client that has one, locked."""
    rows = await tx.fetch(_LOCK_OPEN_OF, client_ids=list(client_ids))
    return {row["client_id"]: reservation_of(row) for row in rows}


async def lock_reservations(tx: Tx, ids: Sequence[UUID]) -> list[Reservation]:
    """These reservations, locked, in the order of their ids."""
    return [reservation_of(row) for row in await tx.fetch(_LOCK, ids=list(ids))]


async def peek_reservations(tx: Tx, ids: Sequence[UUID]) -> list[Reservation]:
    """These reservations, not locked."""
    return [reservation_of(row) for row in await tx.fetch(_PEEK, ids=list(ids))]


async def lock_waiting_below(tx: Tx, *, path: str, level: CardLevel, limit: int) -> list[Reservation]:
    """Who waits for a card of this level at the unit or below it, the longest waiting first."""
    rows = await tx.fetch(_WAITING_BELOW, path=path, level=level.value, limit=limit)
    return [reservation_of(row) for row in rows]


async def lock_servable(tx: Tx, *, limit: int) -> list[Reservation]:
    """Who waits although a shelf on his line holds cards, the longest waiting first."""
    return [reservation_of(row) for row in await tx.fetch(_SERVABLE, limit=limit)]


def reservation_of(row: Record) -> Reservation:
    """A reservation from a row with `SELECTED`."""
    return Reservation(
        id=row["id"],
        wish=Wish(
            client_id=row["client_id"],
            level=CardLevel(row["level"]),
            home_unit_id=row["home_unit_id"],
            home_path=row["home_path"],
            decision_id=row["decision_id"],
            cause=row["cause"],
        ),
        status=ReservationStatus(row["status"]),
        card_id=row["card_id"],
        found_at=row["found_at"],
        asked_at=row["asked_at"],
        reserved_at=row["reserved_at"],
        version=row["version"],
    )
