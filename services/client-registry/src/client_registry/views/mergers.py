"""Pairs that may be one person and mergers as they are answered: both files must be in the reader's scope, names masked."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.masking import mask_name
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.store.clients import NAME
from client_registry.store.mergers import REASON
from client_registry.tables.clients import clients
from client_registry.tables.mergers import client_mergers, duplicate_candidates
from client_registry.tables.organisation import units

_ONE, _OTHER = clients.alias("one"), clients.alias("other")
_ONE_UNIT, _OTHER_UNIT = units.alias("one_unit"), units.alias("other_unit")
_BOTH_VISIBLE = sa.and_(
    visible(unit_path=_ONE_UNIT.c.path, owner=_ONE.c.manager),
    visible(unit_path=_OTHER_UNIT.c.path, owner=_OTHER.c.manager),
)
_FILES = (
    _ONE.c.id.label("one_id"), _ONE.c.client_no.label("one_no"), _ONE.c.name_sealed.label("one_name"),
    _ONE.c.manager.label("one_manager"), _ONE_UNIT.c.code.label("one_home"),
    _OTHER.c.id.label("other_id"), _OTHER.c.client_no.label("other_no"), _OTHER.c.name_sealed.label("other_name"),
    _OTHER.c.manager.label("other_manager"), _OTHER_UNIT.c.code.label("other_home"),
)  # fmt: skip


def _joined(table: sa.Table, one: sa.Column[UUID], other: sa.Column[UUID]) -> sa.FromClause:
    return (
        table.join(_ONE, _ONE.c.id == one)
        .join(_OTHER, _OTHER.c.id == other)
        .join(_ONE_UNIT, _ONE_UNIT.c.id == _ONE.c.home_unit_id)
        .join(_OTHER_UNIT, _OTHER_UNIT.c.id == _OTHER.c.home_unit_id)
    )


_PAIRS = _joined(duplicate_candidates, duplicate_candidates.c.client_id, duplicate_candidates.c.other_client_id)
_MERGERS = _joined(client_mergers, client_mergers.c.surviving_client_id, client_mergers.c.merged_client_id)
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_SIZE = sa.bindparam("size", type_=sa.Integer())
_LIST_PAIRS = prepare(
    sa.select(duplicate_candidates.c.id, duplicate_candidates.c.agreeing, duplicate_candidates.c.found_at, *_FILES)
    .select_from(_PAIRS)
    .where(
        duplicate_candidates.c.status == "open", _BOTH_VISIBLE,
        sa.or_(_AFTER.is_(None), duplicate_candidates.c.id > _AFTER),
    )
    .order_by(duplicate_candidates.c.id)
    .limit(_SIZE)
)  # fmt: skip
_FIND_PAIR = prepare(
    sa.select(duplicate_candidates.c.id)
    .select_from(_PAIRS)
    .where(duplicate_candidates.c.id == sa.bindparam("candidate_id"), _BOTH_VISIBLE)
)
_MERGER = sa.select(
    client_mergers.c.id, client_mergers.c.status, client_mergers.c.reason_sealed, client_mergers.c.contacts,
    client_mergers.c.proposed_by, client_mergers.c.proposed_at, client_mergers.c.decided_by,
    client_mergers.c.decided_at, client_mergers.c.reversible_until, client_mergers.c.reversed_by,
    client_mergers.c.reversed_at, *_FILES,
).select_from(_MERGERS)  # fmt: skip
_LIST_MERGERS = prepare(
    _MERGER.where(_BOTH_VISIBLE, sa.or_(_AFTER.is_(None), client_mergers.c.id < _AFTER))
    .order_by(client_mergers.c.id.desc())
    .limit(_SIZE)
)
_GET_MERGER = prepare(_MERGER.where(client_mergers.c.id == sa.bindparam("merger_id"), _BOTH_VISIBLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInPair:
    """One of two files, masked."""

    client_id: UUID
    client_no: str
    name: str
    home_code: str
    manager: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two files that may be one person's, and which fields agree."""

    id: UUID
    files: tuple[FileInPair, FileInPair]
    agreeing: list[str]
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """A merger as it stands."""

    id: UUID
    surviving: FileInPair
    merged: FileInPair
    status: str
    reason: str
    contacts: list[dict[str, str]]
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reversible_until: date | None
    reversed_by: str | None
    reversed_at: datetime | None


async def list_pairs(tx: Tx, *, scope: Scope, after: UUID | None, size: int) -> list[Pair]:
    """Open pairs of which both files are in scope, the oldest first."""
    return [
        Pair(id=row["id"], files=_files(tx, row), agreeing=list(row["agreeing"]), found_at=row["found_at"])
        for row in await tx.fetch(_LIST_PAIRS, after=after, size=size, **scope.params())
    ]


async def require_pair(tx: Tx, candidate_id: UUID, *, scope: Scope) -> None:
    """NotFound unless both files are in scope."""
    if await tx.fetchrow(_FIND_PAIR, candidate_id=candidate_id, **scope.params()) is None:
        raise NotFound()


async def list_mergers(tx: Tx, *, scope: Scope, before: UUID | None, size: int) -> list[Merger]:
    """Mergers of files in scope, the newest first."""
    rows = await tx.fetch(_LIST_MERGERS, after=before, size=size, **scope.params())
    return [_merger(tx, row) for row in rows]


async def get_merger(tx: Tx, merger_id: UUID, *, scope: Scope) -> Merger:
    """One merger; NotFound unless both files are in scope."""
    row = await tx.fetchrow(_GET_MERGER, merger_id=merger_id, **scope.params())
    if row is None:
        raise NotFound()
    return _merger(tx, row)


def _files(tx: Tx, row: Record) -> tuple[FileInPair, FileInPair]:
    one, other = (
        FileInPair(
            client_id=row[f"{side}_id"],
            client_no=row[f"{side}_no"],
            name=mask_name(tx.cipher.open(NAME, row[f"{side}_id"], row[f"{side}_name"])),
            home_code=row[f"{side}_home"],
            manager=row[f"{side}_manager"],
        )
        for side in ("one", "other")
    )
    return one, other


def _merger(tx: Tx, row: Record) -> Merger:
    surviving, merged = _files(tx, row)
    return Merger(
        id=row["id"],
        surviving=surviving,
        merged=merged,
        status=row["status"],
        reason=tx.cipher.open(REASON, row["id"], row["reason_sealed"]),
        contacts=list(row["contacts"]),
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        reversible_until=row["reversible_until"],
        reversed_by=row["reversed_by"],
        reversed_at=row["reversed_at"],
    )
