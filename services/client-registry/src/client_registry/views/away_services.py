"""Away services as they are answered: to the unit that served, to the home of the client, to the province."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.domain.away_services import AwayService
from client_registry.store.away_services import FOLLOW_UP, PROCESS, REPORT, RESULT, away_service_of
from client_registry.tables.client_services import away_services
from client_registry.tables.organisation import units

_home = units.alias("home")
_SELECT = (
    sa.select(away_services)
    .join(units, units.c.id == away_services.c.unit_id)
    .join(_home, _home.c.id == away_services.c.home_unit_id)
)
_AT_HOME = visible(unit_path=_home.c.path, owner=away_services.c.manager)
_WHERE_SERVED = visible(unit_path=units.c.path, owner=away_services.c.recorded_by)
_ID = away_services.c.id == sa.bindparam("id", type_=sa.Uuid())
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_CLIENT = sa.bindparam("wanted_client", type_=sa.Uuid())
_STATUS = sa.bindparam("wanted_status", type_=sa.Text())
_NOW = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_EITHER = prepare(_SELECT.where(_ID, sa.or_(_AT_HOME, _WHERE_SERVED)))
_HOME = prepare(_SELECT.where(_ID, _AT_HOME))
_SERVED = prepare(_SELECT.where(_ID, _WHERE_SERVED))
_PAGE = (
    sa.or_(_AFTER.is_(None), away_services.c.id > _AFTER),
    sa.or_(_CLIENT.is_(None), away_services.c.client_id == _CLIENT),
)
_LIST = prepare(
    _SELECT.where(sa.or_(_AT_HOME, _WHERE_SERVED), *_PAGE)
    .order_by(away_services.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)
_report_status = sa.case(
    (away_services.c.reported_at > away_services.c.report_due_at, "submitted_late"),
    (away_services.c.reported_at.is_not(None), "submitted"),
    (away_services.c.report_due_at < _NOW, "overdue"),
    else_="due",
)
_REPORTS = prepare(
    _SELECT.where(
        away_services.c.report_due_at.is_not(None),
        visible(unit_path=units.c.path),
        sa.or_(_AFTER.is_(None), away_services.c.id > _AFTER),
        sa.or_(_STATUS.is_(None), _report_status == _STATUS),
    )
    .order_by(away_services.c.id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayFile:
    """A service with its texts opened."""

    service: AwayService
    process: str
    result: str
    follow_up: str | None
    report: str | None


async def list_services(
    tx: Tx, *, scope: Scope, client_id: UUID | None, after: UUID | None, size: int
) -> list[AwayService]:
    """Services of one's own clients and of one's own units, by id, without their texts."""
    rows = await tx.fetch(_LIST, wanted_client=client_id, after=after, size=size, **scope.params())
    return [away_service_of(row) for row in rows]


async def list_reports(
    tx: Tx, *, scope: Scope, status: str | None, after: UUID | None, size: int, now: datetime
) -> list[AwayService]:
    """Reports that units in scope owe or have handed in, by id."""
    rows = await tx.fetch(_REPORTS, wanted_status=status, after=after, size=size, now=now, **scope.params())
    return [away_service_of(row) for row in rows]


async def get_service(tx: Tx, service_id: UUID, *, scope: Scope) -> AwayFile:
    """One service with its texts; the caller audits. NotFound outside the scope."""
    row = await tx.fetchrow(_EITHER, id=service_id, **scope.params())
    if row is None:
        raise NotFound()

    def opened(column: str, name: str) -> str | None:
        return None if row[name] is None else tx.cipher.open(column, service_id, row[name])

    return AwayFile(
        service=away_service_of(row),
        process=tx.cipher.open(PROCESS, service_id, row["process_sealed"]),
        result=tx.cipher.open(RESULT, service_id, row["result_sealed"]),
        follow_up=opened(FOLLOW_UP, "follow_up_sealed"),
        report=opened(REPORT, "report_sealed"),
    )


async def require_home(tx: Tx, service_id: UUID, *, scope: Scope) -> Record:
    """The row for who keeps the client; NotFound for everybody else."""
    return _found(await tx.fetchrow(_HOME, id=service_id, **scope.params()))


async def require_served(tx: Tx, service_id: UUID, *, scope: Scope) -> Record:
    """The row for who served; NotFound for everybody else."""
    return _found(await tx.fetchrow(_SERVED, id=service_id, **scope.params()))


def _found(row: Record | None) -> Record:
    if row is None:
        raise NotFound()
    return row
