"""Qualification as it is answered: candidates of a branch, the explanation of one client, the card service's question."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.masking import mask_name
from chassis.query import prepare
from chassis.scope import Scope

from client_registry.domain import policies as rules
from client_registry.domain.figures import Metrics, metrics
from client_registry.domain.levels import CardLevel, card_rank
from client_registry.store import circumstances, figures, policies
from client_registry.store.clients import NAME
from client_registry.tables.clients import clients
from client_registry.tables.decisions import qualification_decisions, qualifications
from client_registry.tables.memberships import memberships
from client_registry.tables.organisation import units
from client_registry.tables.standing import exceptional_admissions
from client_registry.views.clients import VISIBLE, require_visible

_IS_MEMBER = sa.exists(
    sa.select(1).where(
        memberships.c.client_id == qualifications.c.client_id,
        memberships.c.status == "member",
        sa.or_(memberships.c.level == qualifications.c.level, memberships.c.level == "head_office"),
    )
)
_LEVEL = sa.bindparam("level", type_=sa.Text())
_STATUS = sa.bindparam("status", type_=sa.Text())
_AFTER = sa.bindparam("after", type_=sa.Uuid())
_UNIT_PATH = sa.bindparam("unit_path", type_=sa.Text())
_CANDIDATES = prepare(
    sa.select(
        qualifications, clients.c.client_no, clients.c.name_sealed, clients.c.manager, clients.c.home_unit_id,
        units.c.code.label("home_code"),
    )
    .join(clients, clients.c.id == qualifications.c.client_id)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(
        VISIBLE,
        qualifications.c.level == _LEVEL,
        qualifications.c.status == sa.any_(sa.literal_column("ARRAY['candidate', 'filed']")),
        sa.or_(_STATUS.is_(None), qualifications.c.status == _STATUS),
        sa.or_(_UNIT_PATH.is_(None), sa.func.starts_with(units.c.path, _UNIT_PATH)),
        sa.or_(_AFTER.is_(None), qualifications.c.client_id > _AFTER),
        ~_IS_MEMBER,
    )
    .order_by(qualifications.c.client_id)
    .limit(sa.bindparam("size", type_=sa.Integer))
)  # fmt: skip
_STANDINGS = prepare(
    sa.select(qualifications)
    .where(qualifications.c.client_id == sa.bindparam("client_id"))
    .order_by(qualifications.c.level)
)
_LAST_DECISION = prepare(
    sa.select(qualification_decisions.c.id, qualification_decisions.c.as_of, qualification_decisions.c.cut_off_at)
    .where(qualification_decisions.c.client_id == sa.bindparam("client_id"))
    .order_by(qualification_decisions.c.id.desc())
    .limit(1)
)
_MEMBERSHIP = prepare(
    sa.select(memberships.c.id, memberships.c.level, memberships.c.decision_id).where(
        memberships.c.client_id == sa.bindparam("client_id"), memberships.c.status == "member"
    )
)
_CARD_LEVEL = prepare(sa.select(clients.c.card_level).where(clients.c.id == sa.bindparam("client_id")))


_EXCEPTION = prepare(
    sa.select(
        exceptional_admissions.c.kind,
        exceptional_admissions.c.status,
        exceptional_admissions.c.decided_by,
        exceptional_admissions.c.decided_at,
        exceptional_admissions.c.expires_on,
    )
    .where(
        exceptional_admissions.c.client_id == sa.bindparam("client_id"), exceptional_admissions.c.status == "approved"
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A qualifying client who is not a member yet, and what is missing until he is (CR-16)."""

    client_id: UUID
    client_no: str
    name: str
    level: str
    status: str
    criteria: list[str]
    policy_version: str
    decision_id: UUID
    since_on: date
    home_unit_id: UUID
    home_code: str
    manager: str | None
    missing: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a client does or does not qualify, as of a day and the figures known at a moment."""

    as_of: date
    cut_off_at: datetime
    metrics: Metrics
    evaluation: rules.Evaluation
    standings: list[Record]
    last_decision: Record | None
    row: Record
    exception: Record | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Whether a card of a level may be issued now (CS-22)."""

    eligible: bool
    decision_id: UUID | None
    reasons: list[str]


async def list_candidates(
    tx: Tx, *, scope: Scope, level: str, status: str | None, unit_path: str | None, after: UUID | None, size: int
) -> list[Candidate]:
    """Target clients in scope by id: candidates, and filed ones who have not joined (CR-16, CCB Art. 14)."""
    rows = await tx.fetch(
        _CANDIDATES, level=level, status=status, unit_path=unit_path, after=after, size=size, **scope.params()
    )
    return [_candidate(tx, row) for row in rows]


async def explain(tx: Tx, client_id: UUID, *, scope: Scope, as_of: date, cut_off_at: datetime) -> Explanation:
    """The evaluation of one client in plain steps; nothing is decided by asking. NotFound outside the scope."""
    row = await require_visible(tx, client_id, scope=scope)
    delivered = await figures.delivered(
        tx, client_id, as_of=as_of, cut_off_at=cut_off_at, client_since_on=row["client_since_on"]
    )
    found = metrics(delivered, as_of=as_of)
    applying = rules.applicable(
        await policies.list_once_in_force(tx), home_path=row["home_path"], day=as_of, known_at=cut_off_at
    )
    known = await circumstances.known(tx, client_id, as_of=as_of, cut_off_at=cut_off_at)
    return Explanation(
        as_of=as_of,
        cut_off_at=cut_off_at,
        metrics=found,
        evaluation=rules.evaluate(applying, found, known),
        standings=await tx.fetch(_STANDINGS, client_id=client_id),
        last_decision=await tx.fetchrow(_LAST_DECISION, client_id=client_id),
        row=row,
        exception=await tx.fetchrow(_EXCEPTION, client_id=client_id),
    )


async def eligibility(tx: Tx, client_id: UUID, level: CardLevel) -> Eligibility:
    """The fresh answer at the moment of issue: the card level stands, the membership stands, nothing was revoked."""
    card_level = await tx.fetchval(_CARD_LEVEL, client_id=client_id)
    if card_level is None:
        return Eligibility(eligible=False, decision_id=None, reasons=["client-unknown"])
    member = await tx.fetchrow(_MEMBERSHIP, client_id=client_id)
    reasons: list[str] = []
    if any(row["status"] == "revoked" for row in await tx.fetch(_STANDINGS, client_id=client_id)):
        reasons.append("qualification-revoked")
    if member is None:
        reasons.append("not-a-member")
    if card_rank(CardLevel(card_level)) < card_rank(level):
        reasons.append("card-level-below")
    decision: UUID | None = None if member is None else member["decision_id"]
    return Eligibility(eligible=not reasons, decision_id=decision, reasons=reasons)


def _candidate(tx: Tx, row: Record) -> Candidate:
    given: dict[str, Any] = dict(row)
    client_id: UUID = given["client_id"]
    unfiled = given["needs_filing"] and given["status"] == "candidate"
    return Candidate(
        client_id=client_id,
        client_no=given["client_no"],
        name=mask_name(tx.cipher.open(NAME, client_id, given["name_sealed"])),
        level=given["level"],
        status=given["status"],
        criteria=list(given["criteria"]),
        policy_version=given["policy_version"],
        decision_id=given["decision_id"],
        since_on=given["since_on"],
        home_unit_id=given["home_unit_id"],
        home_code=given["home_code"],
        manager=given["manager"],
        missing=["filing", "enrolment"] if unfiled else ["enrolment"],
    )
