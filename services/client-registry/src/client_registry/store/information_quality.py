"""How complete and fresh files are, counted by the database for one client or for many (CR-77, CR-79)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import ARRAY, insert

from client_registry.domain.information_policy import InformationPolicy
from client_registry.domain.information_quality import FieldState, weight_rows
from client_registry.domain.registration_form import CONSENT_FIELDS, Source
from client_registry.tables import frame
from client_registry.tables.clients import client_consents, client_contacts, clients
from client_registry.tables.organisation import units
from client_registry.tables.registration_forms import client_fields

KIND = "information.verify"
_NOW = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_WEIGHTS = (
    sa.func.unnest(
        sa.bindparam("kinds", type_=ARRAY(sa.Text())),
        sa.bindparam("tiers", type_=ARRAY(sa.Text())),
        sa.bindparam("fields", type_=ARRAY(sa.Text())),
        sa.bindparam("months", type_=ARRAY(sa.Integer())),
        sa.bindparam("weights", type_=ARRAY(sa.Integer())),
    )
    .table_valued(
        sa.column("kind", sa.Text), sa.column("tier", sa.Text), sa.column("field", sa.Text),
        sa.column("months", sa.Integer), sa.column("weight", sa.Integer), name="w",
    )
    .render_derived()
)  # fmt: skip
_PRESENT = sa.case(
    (_WEIGHTS.c.field == "name", sa.true()),
    (_WEIGHTS.c.field == "identity_number", clients.c.identity_sealed.is_not(None)),
    (_WEIGHTS.c.field == "sex", clients.c.sex.is_not(None)),
    (_WEIGHTS.c.field == "birth_on", clients.c.birth_sealed.is_not(None)),
    (
        _WEIGHTS.c.field == "contact_order",
        sa.exists(sa.select(1).where(client_contacts.c.client_id == clients.c.id).correlate(clients)),
    ),
    (
        sa.or_(*(_WEIGHTS.c.field == field for field in sorted(CONSENT_FIELDS))),
        client_consents.c.client_id.is_not(None),
    ),
    (client_contacts.c.way.is_not(None), sa.true()),
    else_=sa.or_(client_fields.c.codes.is_not(None), client_fields.c.text_sealed.is_not(None)),
)
# What nobody gave a source for came with the file.
_FRESH_AT = sa.func.coalesce(
    sa.func.greatest(client_fields.c.collected_at, client_fields.c.verified_at),
    sa.func.timezone("Asia/Shanghai", sa.cast(clients.c.registered_on, sa.DateTime())),
)
_STALE = sa.func.coalesce(_FRESH_AT + sa.func.make_interval(0, _WEIGHTS.c.months) < _NOW, sa.false())
STATES = (
    sa.select(
        clients.c.id.label("client_id"), _WEIGHTS.c.field, _WEIGHTS.c.weight, _WEIGHTS.c.months,
        _PRESENT.label("present"), _FRESH_AT.label("fresh_at"), _STALE.label("stale"), client_fields.c.doubted_at,
    )
    .select_from(clients)
    .join(units, units.c.id == clients.c.home_unit_id)
    .join(_WEIGHTS, sa.and_(_WEIGHTS.c.kind == clients.c.kind, _WEIGHTS.c.tier == clients.c.service_tier))
    .outerjoin(
        client_fields, sa.and_(client_fields.c.client_id == clients.c.id, client_fields.c.field == _WEIGHTS.c.field)
    )
    .outerjoin(
        client_contacts,
        sa.and_(client_contacts.c.client_id == clients.c.id, client_contacts.c.way == _WEIGHTS.c.field),
    )
    .outerjoin(client_consents, client_consents.c.client_id == clients.c.id)
)  # fmt: skip
_ONE = prepare(STATES.where(clients.c.id == sa.bindparam("client_id", type_=sa.Uuid())).order_by(_WEIGHTS.c.field))


def poor(states: sa.Select[Any]) -> sa.Subquery:
    """Clients among these states whose file is less complete than the policy asks, or stale: score and fields."""
    each = states.subquery("states")
    score = 100 * sa.func.coalesce(sa.func.sum(each.c.weight).filter(each.c.present), 0) / sa.func.sum(each.c.weight)
    is_stale = sa.and_(each.c.present, sa.or_(each.c.stale, each.c.doubted_at.is_not(None)))
    return (
        sa.select(
            each.c.client_id,
            score.label("score"),
            _fields(each.c.field, sa.not_(each.c.present)).label("missing"),
            _fields(each.c.field, is_stale).label("stale"),
        )
        .group_by(each.c.client_id)
        .having(sa.or_(score < sa.bindparam("complete_from", type_=sa.Integer()), sa.func.bool_or(is_stale)))
        .subquery("poor")
    )


def _fields(field: sa.ColumnElement[Any], which: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    listed = sa.func.array_agg(field).filter(which)
    return sa.func.coalesce(listed, sa.cast(sa.literal("{}"), ARRAY(sa.Text())))


_items = frame.work_items.alias("asked")
_ASKED = sa.exists(
    sa.select(1).where(
        _items.c.subject_id == clients.c.id,
        _items.c.kind == KIND,
        sa.or_(_items.c.status != "done", _items.c.completed_at > sa.bindparam("asked_since", type_=_NOW.type)),
    )
)
_AFTER = sa.bindparam("after", type_=sa.Uuid())
# Whole clients are taken up range by range, so that a sweep over a large bank never holds one large answer.
_RANGE = (
    sa.select(clients.c.id)
    .where(sa.or_(_AFTER.is_(None), clients.c.id > _AFTER), sa.not_(_ASKED))
    .order_by(clients.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_RANGE_IDS = prepare(_RANGE)
_poor_of_range = poor(STATES.where(clients.c.id == sa.any_(sa.bindparam("client_ids", type_=ARRAY(sa.Uuid())))))
_POOR_OF_RANGE = prepare(
    sa.select(clients.c.id, clients.c.manager, clients.c.home_unit_id, units.c.path)
    .select_from(clients)
    .join(_poor_of_range, _poor_of_range.c.client_id == clients.c.id)
    .join(units, units.c.id == clients.c.home_unit_id)
    .order_by(clients.c.id)
)
_MARKED = ("client_id", "field", "source", "collector", "collected_at", "verified_at", "verified_by", "doubted_at")
_MARK = insert(client_fields).values({name: sa.bindparam(name, type_=client_fields.c[name].type) for name in _MARKED})
# What stands and where it came from stays; only what is known about it since changes.
_SAVE_MARK = prepare(
    _MARK.on_conflict_do_update(
        index_elements=[client_fields.c.client_id, client_fields.c.field],
        set_={
            "verified_at": sa.func.coalesce(_MARK.excluded.verified_at, client_fields.c.verified_at),
            "verified_by": sa.func.coalesce(_MARK.excluded.verified_by, client_fields.c.verified_by),
            "doubted_at": _MARK.excluded.doubted_at,
        },
    )
)


def policy_params(policy: InformationPolicy, now: datetime) -> dict[str, Any]:
    """The binds that every question about quality takes."""
    rows = weight_rows(policy)
    names = ("kinds", "tiers", "fields", "months", "weights")
    return {"now": now, **{name: [row[n] for row in rows] for n, name in enumerate(names)}}


async def states_of(tx: Tx, client_id: UUID, policy: InformationPolicy, *, now: datetime) -> list[FieldState]:
    """Every field that weighs for this client, with its state."""
    rows = await tx.fetch(_ONE, client_id=client_id, **policy_params(policy, now))
    return [
        FieldState(
            field=row["field"],
            weight=row["weight"],
            months=row["months"],
            present=row["present"],
            fresh_at=row["fresh_at"],
            stale=row["stale"],
            doubted_at=row["doubted_at"],
        )
        for row in rows
    ]


async def next_range(tx: Tx, *, after: UUID | None, asked_since: datetime, size: int) -> list[UUID]:
    """The next clients in id order about whom nobody was asked since then."""
    rows = await tx.fetch(_RANGE_IDS, after=after, asked_since=asked_since, size=size)
    return [row["id"] for row in rows]


async def poor_of(tx: Tx, client_ids: Sequence[UUID], policy: InformationPolicy, *, now: datetime) -> list[Record]:
    """Those of these clients whose file is incomplete or stale, with who keeps them."""
    return await tx.fetch(
        _POOR_OF_RANGE,
        client_ids=list(client_ids),
        complete_from=policy.complete_from,
        **policy_params(policy, now),
    )


async def mark(
    tx: Tx, client_id: UUID, *, unchanged: Sequence[str], changed: Sequence[str], source: Source, by: str, now: datetime
) -> None:
    """What the client confirmed and what he said has changed (CR-79)."""
    rows = [
        {
            "client_id": client_id,
            "field": field,
            "source": source.value,
            "collector": by,
            "collected_at": now,
            "verified_at": now if field in unchanged else None,
            "verified_by": by if field in unchanged else None,
            "doubted_at": None if field in unchanged else now,
        }
        for field in (*unchanged, *changed)
    ]
    await tx.executemany(_SAVE_MARK, rows)
