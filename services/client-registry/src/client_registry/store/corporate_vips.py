"""The list of key corporate-finance clients in PostgreSQL; the grounds are sealed."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.ids import new_id
from chassis.query import prepare

from client_registry.domain.corporate_vips import Entry, EntryStatus
from client_registry.domain.levels import ServiceTier, tier_rank
from client_registry.store import evaluation
from client_registry.tables.clients import clients
from client_registry.tables.corporate_vips import corporate_vips as entries
from client_registry.tables.decisions import qualification_decisions as decisions

GROUNDS = "corporate_vips.grounds"
_ADD = prepare(sa.insert(entries).values({column.name: sa.bindparam(column.name) for column in entries.c}))
_LOCK = prepare(sa.select(entries).where(entries.c.id == sa.bindparam("entry_id")).with_for_update())
_FIND = prepare(
    sa.select(entries.c.client_id)
    .join(clients, clients.c.id == entries.c.client_id)
    .where(entries.c.id == sa.bindparam("entry_id"), clients.c.merged_into.is_(None), clients.c.died_on.is_(None))
)
_OF_CLIENT = prepare(
    sa.select(entries).where(entries.c.client_id == sa.bindparam("client_id")).order_by(entries.c.id).with_for_update()
)
_MOVING = ("status", "tier_before", "decided_by", "decided_at", "refusal", "ended_on", "ended_by", "version")
_SAVE = prepare(
    sa.update(entries)
    .where(entries.c.id == sa.bindparam("of_id"))
    .values({name: sa.bindparam(f"new_{name}", type_=entries.c[name].type) for name in _MOVING})
)
_SET_TIER = prepare(
    sa.update(clients)
    .where(clients.c.id == sa.bindparam("of_client"))
    .values(service_tier=sa.bindparam("new_tier"), tier_short_since_on=None, version=sa.bindparam("new_version"))
)
_MET = prepare(
    sa.select(decisions.c.tier_met, decisions.c.tier_undecided).where(
        decisions.c.client_id == sa.bindparam("client_id"), decisions.c.run_id == sa.bindparam("run_id")
    )
)
_CLIENT_NO = prepare(sa.select(clients.c.id).where(clients.c.client_no == sa.bindparam("client_no")))


async def add(tx: Tx, entry: Entry, *, grounds: str) -> None:
    """An entry that waits for its decision."""
    await tx.execute(
        _ADD,
        grounds_sealed=tx.cipher.seal(GROUNDS, entry.id, grounds),
        status=entry.status.value,
        **{
            name: getattr(entry, name)
            for name in (
                "id", "client_id", "evidence_no", "valid_from", "valid_until", "tier_before", "proposed_by",
                "proposed_at", "decided_by", "decided_at", "refusal", "ended_on", "ended_by", "version",
            )
        },
    )  # fmt: skip


async def living_client_of(tx: Tx, entry_id: UUID) -> UUID | None:
    """Whose entry it is; None where there is no such entry, or its client has died or was merged away."""
    found: UUID | None = await tx.fetchval(_FIND, entry_id=entry_id)
    return found


async def lock(tx: Tx, entry_id: UUID) -> Entry | None:
    """One entry, locked."""
    row = await tx.fetchrow(_LOCK, entry_id=entry_id)
    return None if row is None else entry_of(row)


async def of_client(tx: Tx, client_id: UUID) -> list[Entry]:
    """All entries of a client whose file is locked."""
    return [entry_of(row) for row in await tx.fetch(_OF_CLIENT, client_id=client_id)]


async def save(tx: Tx, entry: Entry) -> None:
    """An entry after a move."""
    values = {f"new_{name}": getattr(entry, name) for name in _MOVING}
    await tx.execute(_SAVE, of_id=entry.id, **(values | {"new_status": entry.status.value}))


async def set_tier(tx: Tx, client_id: UUID, tier: ServiceTier, *, version: int) -> None:
    """The tier after a move, with the version the fact carries; no grace runs."""
    await tx.execute(_SET_TIER, of_client=client_id, new_tier=tier.value, new_version=version)


async def tier_without_list(tx: Tx, entry: Entry, *, today: date, now: datetime) -> ServiceTier:
    """What figures and products give a person; where figures are missing, not less than before. A company has none."""
    run_id = new_id()
    locked = await evaluation.lock_these(tx, [entry.client_id])
    if not locked:
        return ServiceTier.MASS
    await evaluation.decide(tx, locked, run_id=run_id, as_of=today, cut_off_at=now)
    row = await tx.fetchrow(_MET, client_id=entry.client_id, run_id=run_id)
    if row is None:
        raise LookupError(f"nothing was decided over {entry.client_id}")
    met, before = ServiceTier(row["tier_met"]), ServiceTier(entry.tier_before or ServiceTier.MASS)
    return max(met, before, key=tier_rank) if row["tier_undecided"] else met


async def client_numbered(tx: Tx, client_no: str) -> UUID | None:
    """The client of a business number."""
    found: UUID | None = await tx.fetchval(_CLIENT_NO, client_no=client_no)
    return found


def entry_of(row: Record) -> Entry:
    """A stored entry as a value, without its grounds."""
    given = {name: value for name, value in dict(row).items() if name in Entry.__dataclass_fields__}
    return Entry(**(given | {"status": EntryStatus(given["status"])}))
