"""Important dates as they are answered, and which of them come in a range of days (CR-48, CR-90)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.domain.lunar_calendar import days_that_fall_on, next_after
from client_registry.store import important_dates as store
from client_registry.store.important_dates import KeptDate
from client_registry.tables.clients import clients
from client_registry.tables.households import household_members, important_dates
from client_registry.tables.organisation import units
from client_registry.views.clients import VISIBLE


def _days() -> sa.TableValuedAlias:
    """The range as rows: on which day which yearly day comes."""
    binds = [
        sa.bindparam("on_days", type_=ARRAY(sa.Date)),
        sa.bindparam("lunars", type_=ARRAY(sa.Boolean)),
        sa.bindparam("leaps", type_=ARRAY(sa.Boolean)),
        sa.bindparam("months", type_=ARRAY(sa.SmallInteger)),
        sa.bindparam("days", type_=ARRAY(sa.SmallInteger)),
    ]
    return sa.func.unnest(*binds).table_valued(
        sa.column("on_day", sa.Date), sa.column("lunar", sa.Boolean), sa.column("leap_month", sa.Boolean),
        sa.column("month", sa.SmallInteger), sa.column("day", sa.SmallInteger), name="d",
    ).render_derived()  # fmt: skip


_FAMILY_DAYS, _OWN_DAYS = _days().alias("fd"), _days().alias("od")
_MANAGER = sa.bindparam("manager", type_=sa.Text())
_UNIT_PATH = sa.bindparam("unit_path", type_=sa.Text())
_AFTER_DAY, _AFTER_ID = sa.bindparam("after_day", type_=sa.Date()), sa.bindparam("after_id", type_=sa.Uuid())
_OF_WHOM = (
    VISIBLE,
    clients.c.merged_into.is_(None),
    clients.c.died_on.is_(None),
    sa.or_(_MANAGER.is_(None), clients.c.manager == _MANAGER),
    sa.or_(_UNIT_PATH.is_(None), sa.func.starts_with(units.c.path, _UNIT_PATH)),
)
_CLIENT = (
    clients.c.id.label("client_id"), clients.c.client_no, clients.c.manager, clients.c.home_unit_id,
    clients.c.service_tier,
)  # fmt: skip
_OCCASIONS = (
    sa.select(
        _FAMILY_DAYS.c.on_day, important_dates.c.id, important_dates.c.kind,
        sa.func.coalesce(household_members.c.relation, sa.literal("self", sa.Text)).label("relation"),
        important_dates.c.member_id, important_dates.c.month, important_dates.c.day, important_dates.c.lunar,
        important_dates.c.leap_month, *_CLIENT,
    )
    .select_from(_FAMILY_DAYS)
    .join(
        important_dates,
        sa.and_(
            important_dates.c.month == _FAMILY_DAYS.c.month,
            important_dates.c.day == _FAMILY_DAYS.c.day,
            important_dates.c.lunar == _FAMILY_DAYS.c.lunar,
            important_dates.c.leap_month == _FAMILY_DAYS.c.leap_month,
        ),
    )
    .outerjoin(household_members, household_members.c.id == important_dates.c.member_id)
    .join(clients, clients.c.id == important_dates.c.client_id)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(*_OF_WHOM, household_members.c.until_on.is_(None))
)  # fmt: skip
_BIRTHDAYS = (
    sa.select(
        _OWN_DAYS.c.on_day, clients.c.id, sa.literal("birthday", sa.Text).label("kind"),
        sa.literal("self", sa.Text).label("relation"), sa.null().cast(sa.Uuid).label("member_id"), _OWN_DAYS.c.month,
        _OWN_DAYS.c.day, sa.false().label("lunar"), sa.false().label("leap_month"), *_CLIENT,
    )
    .select_from(_OWN_DAYS)
    .join(
        clients,
        sa.and_(
            sa.not_(_OWN_DAYS.c.lunar),
            clients.c.birth_month_day
            == sa.func.to_char(_OWN_DAYS.c.month, "FM00") + "-" + sa.func.to_char(_OWN_DAYS.c.day, "FM00"),
        ),
    )
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(*_OF_WHOM)
)  # fmt: skip
_ALL = sa.union_all(_OCCASIONS, _BIRTHDAYS).subquery("o")
_UPCOMING = prepare(
    sa.select(_ALL)
    .where(sa.or_(_AFTER_DAY.is_(None), sa.tuple_(_ALL.c.on_day, _ALL.c.id) > sa.tuple_(_AFTER_DAY, _AFTER_ID)))
    .order_by(_ALL.c.on_day, _ALL.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateView:
    """One date with its next day; year and words only where asked for."""

    date_id: UUID
    client_id: UUID
    member_id: UUID | None
    relation: str
    kind: str
    month: int
    day: int
    lunar: bool
    leap_month: bool
    year: int | None
    has_year: bool
    words: str | None
    next_on: date
    source: str
    collector: str
    collected_at: datetime
    verified_at: datetime | None
    verified_by: str | None
    masked: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A day that comes, of which client and whose; never the year."""

    on_day: date
    occasion_id: UUID
    client_id: UUID
    client_no: str
    manager: str | None
    home_unit_id: UUID
    service_tier: str
    member_id: UUID | None
    kind: str
    relation: str
    month: int
    day: int
    lunar: bool
    leap_month: bool


async def dates_of(tx: Tx, client_id: UUID, *, masked: bool, today: date) -> list[DateView]:
    """Every date on a client's file; the file is in scope, and the caller audits before asking for it unmasked."""
    return [_view(each, masked=masked, today=today) for each in await store.list_of(tx, client_id)]


async def date_of(tx: Tx, client_id: UUID, date_id: UUID, *, masked: bool, today: date) -> DateView:
    """One date of a client in scope; NotFound for another client's."""
    for each in await dates_of(tx, client_id, masked=masked, today=today):
        if each.date_id == date_id:
            return each
    raise NotFound()


async def upcoming(
    tx: Tx, *, from_on: date, until_on: date, scope: Scope, manager: str | None, unit_path: str | None,
    after: tuple[date, UUID] | None, size: int,
) -> list[Occasion]:  # fmt: skip
    """What comes from one day to another, both included: the family's dates and the clients' own birthdays, by day."""
    first = from_on if after is None else max(from_on, after[0])
    days = [
        (day, yearly)
        for day in (first + timedelta(days=n) for n in range((until_on - first).days + 1))
        for yearly in days_that_fall_on(day)
    ]
    rows = await tx.fetch(
        _UPCOMING,
        on_days=[day for day, _ in days],
        lunars=[yearly.lunar for _, yearly in days],
        leaps=[yearly.leap for _, yearly in days],
        months=[yearly.month for _, yearly in days],
        days=[yearly.day for _, yearly in days],
        manager=manager,
        unit_path=unit_path,
        after_day=None if after is None else after[0],
        after_id=None if after is None else after[1],
        size=size,
        **scope.params(),
    )
    return [_occasion(row) for row in rows]


def _occasion(row: Any) -> Occasion:
    names = [name for name in Occasion.__slots__ if name != "occasion_id"]
    return Occasion(occasion_id=row["id"], **{name: row[name] for name in names})


def _view(kept: KeptDate, *, masked: bool, today: date) -> DateView:
    known = kept.date
    return DateView(
        date_id=known.id,
        client_id=known.client_id,
        member_id=known.member_id,
        relation=kept.relation or "self",
        kind=known.kind,
        month=known.day.month,
        day=known.day.day,
        lunar=known.day.lunar,
        leap_month=known.day.leap,
        year=None if masked else known.year,
        has_year=known.year is not None,
        words=("***" if known.words else None) if masked else known.words,
        next_on=next_after(known.day, today),
        source=known.source.value,
        collector=kept.collector,
        collected_at=kept.collected_at,
        verified_at=kept.verified_at,
        verified_by=kept.verified_by,
        masked=masked,
        version=known.version,
    )
