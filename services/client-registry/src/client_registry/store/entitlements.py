"""Versions of the entitlement catalogue and the branches' own rows in PostgreSQL."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import TryLater
from chassis.texts import Text

from client_registry.domain.branch_entitlements import BranchEntitlement
from client_registry.domain.entitlements import Condition, Family, LocalEntitlement
from client_registry.domain.service_rules import ServiceRules, read_limits, read_service_rules, write_limits
from client_registry.tables.entitlements import branch_entitlements, entitlement_catalogues
from client_registry.tables.organisation import units

_IN_FORCE = prepare(
    sa.select(entitlement_catalogues.c.document)
    .where(entitlement_catalogues.c.valid_from <= sa.bindparam("day"))
    .order_by(entitlement_catalogues.c.version.desc())
    .limit(1)
)
_NEWEST = prepare(sa.select(sa.func.coalesce(sa.func.max(entitlement_catalogues.c.version), 0)))
_PUBLISH = prepare(
    sa.insert(entitlement_catalogues).values(
        {column.name: sa.bindparam(column.name) for column in entitlement_catalogues.c}
    )
)
_SELECT = sa.select(branch_entitlements, units.c.path.label("branch_path")).join(
    units, units.c.id == branch_entitlements.c.unit_id
)
_LOCAL = prepare(
    _SELECT.where(branch_entitlements.c.status == "active", units.c.path == sa.bindparam("branch_path")).order_by(
        branch_entitlements.c.code, branch_entitlements.c.effective_on
    )
)
_LOCK = prepare(
    _SELECT.where(branch_entitlements.c.id == sa.bindparam("row_id")).with_for_update(of=branch_entitlements)
)
_WAITS = prepare(
    sa.select(
        sa.exists().where(
            branch_entitlements.c.unit_id == sa.bindparam("unit_id"),
            branch_entitlements.c.kind == sa.bindparam("kind"),
            branch_entitlements.c.code == sa.bindparam("code"),
            branch_entitlements.c.status == "proposed",
        )
    )
)
_STARTS = prepare(
    sa.select(
        sa.exists().where(
            branch_entitlements.c.unit_id == sa.bindparam("unit_id"),
            branch_entitlements.c.kind == sa.bindparam("kind"),
            branch_entitlements.c.code == sa.bindparam("code"),
            branch_entitlements.c.effective_on == sa.bindparam("effective_on"),
            branch_entitlements.c.status == "active",
        )
    )
)
_ADD = prepare(
    sa.insert(branch_entitlements).values(
        {
            column.name: sa.bindparam(column.name)
            for column in branch_entitlements.c
            if column.name not in ("decided_by", "decided_at", "version")
        }
    )
)
_DECIDE = prepare(
    sa.update(branch_entitlements)
    .where(branch_entitlements.c.id == sa.bindparam("row_id"))
    .values(
        status=sa.bindparam("new_status"),
        decided_by=sa.bindparam("by"),
        decided_at=sa.bindparam("now"),
        version=branch_entitlements.c.version + 1,
    )
)


class NoCatalogue(TryLater):
    """No version of the entitlement catalogue is in force: nothing is decided until one is loaded."""

    code = "entitlement.no-catalogue"
    text = Text(
        en="No entitlement catalogue is in force yet; load one, then ask again.",
        zh="服务权益目录尚未发布，请发布后重试。",
    )


async def rules_in_force(tx: Tx, *, day: date) -> ServiceRules:
    """The newest version that is valid that day. Raises NoCatalogue where none was ever loaded."""
    document = await tx.fetchval(_IN_FORCE, day=day)
    if document is None:
        raise NoCatalogue()
    return read_service_rules(document)


async def newest_version(tx: Tx) -> int:
    """The highest version there is; 0 for none."""
    return int(await tx.fetchval(_NEWEST))


async def publish(tx: Tx, rules: ServiceRules, document: Mapping[str, Any], *, now: datetime) -> None:
    """One more version; the earlier ones stay as they were."""
    await tx.execute(
        _PUBLISH,
        version=rules.catalogue.version,
        valid_from=rules.catalogue.valid_from,
        document=dict(document),
        published_at=now,
    )


async def local_rows(tx: Tx, branch_path: str | None) -> list[LocalEntitlement]:
    """What a first-level branch has approved, also what begins later or has ended."""
    if branch_path is None:
        return []
    return [branch_entitlement_of(row).local for row in await tx.fetch(_LOCAL, branch_path=branch_path)]


async def lock_row(tx: Tx, row_id: UUID) -> BranchEntitlement | None:
    """One row, locked."""
    row = await tx.fetchrow(_LOCK, row_id=row_id)
    return None if row is None else branch_entitlement_of(row)


async def waits(tx: Tx, *, unit_id: UUID, kind: str, code: str) -> bool:
    """Whether a proposal for the same is waiting."""
    return bool(await tx.fetchval(_WAITS, unit_id=unit_id, kind=kind, code=code))


async def starts(tx: Tx, *, unit_id: UUID, kind: str, code: str, effective_on: date) -> bool:
    """Whether an approved row of the same begins that very day."""
    return bool(await tx.fetchval(_STARTS, unit_id=unit_id, kind=kind, code=code, effective_on=effective_on))


async def add_row(tx: Tx, row: BranchEntitlement) -> None:
    """A new proposal."""
    local = row.local
    await tx.execute(
        _ADD,
        id=row.id,
        unit_id=row.unit_id,
        kind=local.kind,
        code=local.code,
        family=local.family.value,
        title_zh=local.title.zh,
        title_en=local.title.en,
        text_zh=local.words.zh,
        text_en=local.words.en,
        limits=write_limits(local.limits),
        conditions=[condition.value for condition in local.conditions],
        not_away=local.not_away,
        plan=row.plan,
        effective_on=local.effective_on,
        effective_until=local.effective_until,
        status=row.status,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
    )


async def decide_row(tx: Tx, row: BranchEntitlement) -> None:
    """The decision of the second person."""
    await tx.execute(_DECIDE, row_id=row.id, new_status=row.status, by=row.decided_by, now=row.decided_at)


def branch_entitlement_of(row: Record) -> BranchEntitlement:
    """A stored row as a value."""
    return BranchEntitlement(
        id=row["id"],
        unit_id=row["unit_id"],
        local=LocalEntitlement(
            id=str(row["id"]),
            kind=row["kind"],
            code=row["code"],
            branch_path=row["branch_path"],
            family=Family(row["family"]),
            title=Text(en=row["title_en"], zh=row["title_zh"]),
            words=Text(en=row["text_en"], zh=row["text_zh"]),
            limits=read_limits(row["limits"]),
            conditions=tuple(Condition(each) for each in row["conditions"]),
            not_away=row["not_away"],
            effective_on=row["effective_on"],
            effective_until=row["effective_until"],
        ),
        plan=row["plan"],
        status=row["status"],
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        version=row["version"],
    )
