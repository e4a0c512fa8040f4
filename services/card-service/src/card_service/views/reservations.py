"""Reservations and issues as they are shown."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from card_service.domain.organisation import line
from card_service.tables import cards, clients, org_units, reservations, stock_issue_lines, stock_issues
from card_service.views.places import home, of_client

# Where the card lies; while the client waits, his home.
_stock = org_units.alias("stock")
_at = sa.bindparam("after_at", type_=sa.DateTime(timezone=True))
_id = sa.bindparam("after_id", type_=sa.Uuid)
_status = sa.bindparam("status", type_=sa.Text)
_client = sa.bindparam("client", type_=sa.Uuid)
_LIST = prepare(
    sa.select(
        *(column for column in reservations.c),
        cards.c.number.label("card_number"),
        cards.c.unit_id.label("stock_unit_id"),
        home.c.path.label("home_path"),
        sa.select(stock_issue_lines.c.issue_id)
        .where(stock_issue_lines.c.reservation_id == reservations.c.id, stock_issue_lines.c.stands)
        .scalar_subquery()
        .label("issue_id"),
    )
    .select_from(reservations)
    .join(clients, clients.c.client_id == reservations.c.client_id)
    .outerjoin(home, home.c.id == reservations.c.home_unit_id)
    .outerjoin(cards, cards.c.id == reservations.c.card_id)
    .outerjoin(_stock, _stock.c.id == cards.c.unit_id)
    .where(
        of_client(unit_path=sa.func.coalesce(_stock.c.path, home.c.path), client_id=reservations.c.client_id),
        sa.or_(_status.is_(None), reservations.c.status == _status),
        sa.or_(_client.is_(None), reservations.c.client_id == _client),
        sa.or_(_at.is_(None), sa.tuple_(reservations.c.asked_at, reservations.c.id) > sa.tuple_(_at, _id)),
    )
    .order_by(reservations.c.asked_at, reservations.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_NAMES = prepare(sa.text("SELECT path, name_zh, name_en FROM org_units WHERE path = ANY(CAST(:paths AS text[]))"))
_issue = (
    sa.select(
        *(column for column in stock_issues.c),
        sa.func.array(
            sa.select(stock_issue_lines.c.reservation_id)
            .where(stock_issue_lines.c.issue_id == stock_issues.c.id)
            .order_by(stock_issue_lines.c.reservation_id)
            .scalar_subquery()
        ).label("reservation_ids"),
    )
    .join(org_units, org_units.c.id == stock_issues.c.unit_id)
    .where(visible(unit_path=org_units.c.path))
)
_ISSUE = prepare(_issue.where(stock_issues.c.id == sa.bindparam("id", type_=sa.Uuid)))
_after = sa.bindparam("after", type_=sa.Uuid)
_ISSUES = prepare(
    _issue.where(
        sa.or_(_status.is_(None), stock_issues.c.status == _status),
        sa.or_(_after.is_(None), stock_issues.c.id > _after),
    )
    .order_by(stock_issues.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_QUESTIONS = prepare(
    sa.select(reservations.c.client_id, reservations.c.level).where(
        reservations.c.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid)))
    )
)


async def list_reservations(
    tx: Tx,
    *,
    scope: Scope,
    status: str | None,
    client_id: UUID | None,
    after: tuple[object, ...] | None,
    limit: int,
) -> list[Record]:
    """Reservations of the caller's places and clients, the longest asked for first."""
    after_at, after_id = after or (None, None)
    return await tx.fetch(
        _LIST,
        **scope.params(),
        status=status,
        client=client_id,
        after_at=after_at,
        after_id=after_id,
        limit=limit,
    )


async def names_of_lines(tx: Tx, rows: Sequence[Record]) -> dict[str, tuple[str, str]]:
    """Chinese and English name of every unit on the lines of these reservations, by path."""
    paths = {path for row in rows if row["home_path"] for path in line(row["home_path"])}
    paths |= {row["found_at"] for row in rows if row["found_at"]}
    return {row["path"]: (row["name_zh"], row["name_en"]) for row in await tx.fetch(_NAMES, paths=sorted(paths))}


async def get_issue(tx: Tx, issue_id: UUID, *, scope: Scope) -> Record:
    """NotFound outside the caller's places and for an unknown one alike."""
    row = await tx.fetchrow(_ISSUE, **scope.params(), id=issue_id)
    if row is None:
        raise NotFound()
    return row


async def list_issues(tx: Tx, *, scope: Scope, status: str | None, after: UUID | None, limit: int) -> list[Record]:
    """Issues of the caller's places, the oldest first."""
    return await tx.fetch(_ISSUES, **scope.params(), status=status, after=after, limit=limit)


async def questions(tx: Tx, reservation_ids: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """Client and level of each reservation: what the registry is asked before an issue (CS-22)."""
    rows = await tx.fetch(_QUESTIONS, ids=list(reservation_ids))
    return [(row["client_id"], row["level"]) for row in rows]
