"""Clients near a standard as they are answered: in scope, the nearest first, with the way to each bound (CR-16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.masking import mask_name
from chassis.query import prepare
from chassis.scope import Scope
from sqlalchemy.dialects.postgresql import ARRAY

from client_registry.domain.figures import Metrics, Repayment, months_back
from client_registry.domain.near_candidates import DeliveredMonth, Reach, reach_of, within_reach
from client_registry.domain.policies import Ladder, applicable, evaluate
from client_registry.domain.shortfalls import missing_to, results_for
from client_registry.store import evaluation_policies, policies
from client_registry.store.clients import NAME
from client_registry.store.near_sql import MONTHS, NEAR
from client_registry.tables.client_metrics import client_metrics
from client_registry.tables.clients import clients
from client_registry.tables.decisions import qualifications
from client_registry.tables.organisation import units
from client_registry.views.clients import VISIBLE

EVERYBODY = Decimal(1)
_UNIT_PATH = sa.bindparam("unit_path", type_=sa.Text())
_MANAGER = sa.bindparam("manager", type_=sa.Text())
_ONLY = sa.bindparam("only", type_=ARRAY(sa.Uuid()))
_WANTED = sa.bindparam("level", type_=sa.Text())
_METRICS = (
    "deposit_avg_12m", "deposit_months", "loan_outstanding", "loan_known", "repayment", "card_spend_12m", "card_months",
    "assets", "assets_known", "assets_lower_bound",
)  # fmt: skip
# Members of the level, candidates and filed clients are past it; who was revoked is not asked back (CR-18).
_PAST = sa.exists(
    sa.select(1).where(
        qualifications.c.client_id == clients.c.id,
        sa.or_(
            sa.and_(
                qualifications.c.level == _WANTED,
                qualifications.c.status == sa.any_(sa.literal_column("ARRAY['candidate', 'filed', 'approved']")),
            ),
            qualifications.c.status == sa.literal_column("'revoked'"),
        ),
    )
)
_SEEN = (
    sa.select(
        client_metrics.c.client_id, units.c.path, *(client_metrics.c[name] for name in _METRICS if name != "repayment"),
        client_metrics.c.repayment,
    )
    .join(clients, clients.c.id == client_metrics.c.client_id)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(
        VISIBLE,
        client_metrics.c.month_end.is_not(None),
        clients.c.kind == sa.literal_column("'personal'"),
        clients.c.merged_into.is_(None),
        clients.c.died_on.is_(None),
        clients.c.card_level != sa.literal_column("'head_office'"),
        clients.c.card_level != _WANTED,
        sa.or_(_UNIT_PATH.is_(None), sa.func.starts_with(units.c.path, _UNIT_PATH)),
        sa.or_(_MANAGER.is_(None), clients.c.manager == _MANAGER),
        sa.or_(_ONLY.is_(None), clients.c.id == sa.any_(_ONLY)),
        ~_PAST,
    )
    .cte("seen")
)  # fmt: skip
_NEAR = prepare(
    sa.text(NEAR)
    .columns(
        client_id=sa.Uuid, share=sa.Numeric, short=sa.Numeric, code=sa.Text, decided=sa.Boolean, contact=sa.Text,
        asked_at=sa.DateTime(timezone=True), contacted_at=sa.DateTime(timezone=True),
    )
    .add_cte(_SEEN)
)  # fmt: skip
_FILES = prepare(
    sa.select(
        clients.c.id, clients.c.client_no, clients.c.name_sealed, clients.c.manager, clients.c.home_unit_id,
        clients.c.card_level, clients.c.service_tier, clients.c.client_since_on, units.c.code.label("home_code"),
        units.c.path, client_metrics.c.month_end, client_metrics.c.computed_at,
        *(client_metrics.c[name] for name in _METRICS),
    )
    .join(units, units.c.id == clients.c.home_unit_id)
    .join(client_metrics, client_metrics.c.client_id == clients.c.id)
    .where(clients.c.id == sa.any_(sa.bindparam("client_ids", type_=ARRAY(sa.Uuid()))))
)  # fmt: skip
_MONTHS = prepare(sa.text(MONTHS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whom to look for: how near to which level, where, whose, by which criterion, contacted or not."""

    level: str
    share_most: Decimal
    short_most: Decimal | None = None
    unit_path: str | None = None
    manager: str | None = None
    criterion: str | None = None
    decided: bool | None = None
    contact: str | None = None
    only: Sequence[UUID] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCandidate:
    """One client who is near: where he stands, who looks after him, the way to each bound."""

    client_id: UUID
    client_no: str
    name: str
    level: str
    share: Decimal
    missing_percent: int
    nearest: str
    decided: bool
    card_level: str
    service_tier: str
    home_unit_id: UUID
    home_code: str
    manager: str | None
    figures_until: date
    reaches: list[Reach]
    contact: str
    asked_at: datetime | None
    contacted_at: datetime | None


async def default_share(tx: Tx) -> Decimal:
    """How much of a bound may be missing by the policy in force."""
    return Decimal((await evaluation_policies.current(tx)).near_percent) / 100


async def ids_near(tx: Tx, wanted: Wanted, *, scope: Scope, today: date, now: datetime, size: int) -> list[UUID]:
    """The clients in scope alone, the nearest first."""
    return [
        row["client_id"] for row in await _near(tx, wanted, scope=scope, today=today, now=now, after=None, size=size)
    ]


async def list_near(
    tx: Tx,
    wanted: Wanted,
    *,
    scope: Scope,
    today: date,
    now: datetime,
    after: tuple[Decimal, UUID] | None,
    size: int,
) -> list[NearCandidate]:
    """Clients in scope who are near the level, the nearest first, by the figures that were decided by."""
    rows = await _near(tx, wanted, scope=scope, today=today, now=now, after=after, size=size)
    if not rows:
        return []
    files = {row["id"]: row for row in await tx.fetch(_FILES, client_ids=[row["client_id"] for row in rows])}
    listed = list(files.values())
    months: dict[UUID, list[DeliveredMonth]] = {}
    for month in await tx.fetch(
        _MONTHS,
        client_ids=[file["id"] for file in listed],
        month_ends=[file["month_end"] for file in listed],
        cut_offs=[file["computed_at"] for file in listed],
    ):
        months.setdefault(month["client_id"], []).append(
            DeliveredMonth(month=month["month"], deposit=month["deposit"], card_spend=month["card_spend"])
        )
    standards = await policies.list_once_in_force(tx)
    found = []
    for row in rows:
        file = files[row["client_id"]]
        applying = applicable(standards, home_path=file["path"], day=today, known_at=now)
        metrics = _metrics(file)
        missing = within_reach(missing_to(results_for(evaluate(applying, metrics), Ladder.CARD_LEVEL, wanted.level)))
        reaches = [
            reach_of(
                each,
                months.get(file["id"], []),
                month_end=file["month_end"],
                came=file["client_since_on"],
                complete=metrics.is_complete(each.metric),
            )
            for each in missing
        ]
        found.append(_candidate(tx, row, file, reaches, level=wanted.level))
    return found


async def _near(
    tx: Tx,
    wanted: Wanted,
    *,
    scope: Scope,
    today: date,
    now: datetime,
    after: tuple[Decimal, UUID] | None,
    size: int,
) -> list[Record]:
    return await tx.fetch(
        _NEAR,
        level=wanted.level,
        share_most=wanted.share_most,
        short_most=wanted.short_most,
        unit_path=wanted.unit_path,
        manager=wanted.manager,
        criterion=wanted.criterion,
        decided=wanted.decided,
        contact=wanted.contact,
        only=None if wanted.only is None else list(wanted.only),
        as_of=today,
        cut_off_at=now,
        after_share=None if after is None else after[0],
        after_id=None if after is None else after[1],
        size=size,
        **scope.params(),
    )


def _metrics(file: Record) -> Metrics:
    given: dict[str, Any] = {name: file[name] for name in _METRICS}
    return Metrics(**(given | {"repayment": Repayment(given["repayment"])}))


def _candidate(tx: Tx, row: Record, file: Record, reaches: list[Reach], *, level: str) -> NearCandidate:
    client_id: UUID = file["id"]
    nearest = next((each.missing for each in reaches if each.missing.criterion == row["code"]), None)
    return NearCandidate(
        client_id=client_id,
        client_no=file["client_no"],
        name=mask_name(tx.cipher.open(NAME, client_id, file["name_sealed"])),
        level=level,
        share=row["share"],
        missing_percent=0 if nearest is None else nearest.missing_percent,
        nearest=row["code"],
        decided=row["decided"],
        card_level=file["card_level"],
        service_tier=file["service_tier"],
        home_unit_id=file["home_unit_id"],
        home_code=file["home_code"],
        manager=file["manager"],
        figures_until=months_back(file["month_end"], 1),
        reaches=reaches,
        contact=row["contact"],
        asked_at=row["asked_at"],
        contacted_at=row["contacted_at"],
    )
