"""Re-verification in PostgreSQL: policy values, the decision of a moment, notices said, memberships lowered."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.endings import StandingMembership
from client_registry.domain.levels import CardLevel
from client_registry.domain.policies import Outcome
from client_registry.domain.reviews import LevelFinding
from client_registry.domain.standing_policy import StandingPolicy
from client_registry.tables.clients import client_cards
from client_registry.tables.decisions import qualification_decisions
from client_registry.tables.memberships import memberships
from client_registry.tables.standing import exceptional_admissions, standing_policies

_POLICY = prepare(
    sa.select(standing_policies)
    .where(standing_policies.c.valid_from <= sa.bindparam("today"))
    .order_by(standing_policies.c.version.desc())
    .limit(1)
)
_DECISION = prepare(
    sa.select(qualification_decisions.c.id, qualification_decisions.c.outcomes).where(
        qualification_decisions.c.client_id == sa.bindparam("client_id"),
        qualification_decisions.c.run_id == sa.bindparam("run_id"),
    )
)
_LAST_DECISION = prepare(
    sa.select(qualification_decisions.c.id)
    .where(qualification_decisions.c.client_id == sa.bindparam("client_id"))
    .order_by(qualification_decisions.c.id.desc())
    .limit(1)
)
_EXCEPTED = prepare(
    sa.select(
        sa.exists().where(
            exceptional_admissions.c.client_id == sa.bindparam("client_id"),
            exceptional_admissions.c.status == "approved",
            exceptional_admissions.c.expires_on >= sa.bindparam("today"),
        )
    )
)
_NOTICE = prepare(
    sa.text(
        """
        INSERT INTO downgrade_notices (client_id, cause, falls_on, decision_id, said_at)
        VALUES (:client_id, :cause, :falls_on, :decision_id, :said_at) ON CONFLICT DO NOTHING
        """
    )
)
_LOWER = prepare(
    sa.update(memberships)
    .where(memberships.c.client_id == sa.bindparam("of_client"), memberships.c.id == sa.bindparam("of_membership"))
    .values(
        level=sa.bindparam("new_level"),
        decision_id=sa.bindparam("new_decision_id"),
        policy_version=sa.bindparam("new_policy_version"),
        version=memberships.c.version + 1,
    )
)
_ENROLLED_ON = prepare(
    sa.select(memberships.c.enrolled_on).where(
        memberships.c.client_id == sa.bindparam("client_id"), memberships.c.status == "member"
    )
)
_CARD_UNTIL = prepare(
    sa.select(sa.func.max(client_cards.c.expires_on)).where(client_cards.c.client_id == sa.bindparam("client_id"))
)
# Whose tier is below its figures for so long that the fall is near: the grace is that of the tier that would be lost.
_GRACE_ENDING = """
    SELECT c.id, CAST(c.tier_short_since_on + make_interval(months => coalesce(
               (SELECT max(p.grace_months) FROM tier_policies p WHERE p.status = 'active'
                AND p.ladder = 'service_tier' AND p.level = c.service_tier), 3)) AS date) AS falls_on
    FROM clients c WHERE c.tier_short_since_on IS NOT NULL
"""
_NEAR = prepare(
    sa.text(
        f"""
        WITH short AS ({_GRACE_ENDING})
        SELECT s.id, s.falls_on FROM short s
        WHERE s.falls_on <= :foreseen_until AND s.falls_on > :today AND NOT EXISTS (
            SELECT FROM downgrade_notices n
            WHERE n.client_id = s.id AND n.cause = 'grace' AND n.falls_on = s.falls_on)
        ORDER BY s.falls_on, s.id LIMIT :size
        """  # noqa: S608 - put together from constants
    )
)
_OVER = prepare(
    sa.text(
        f"""
        WITH short AS ({_GRACE_ENDING})
        SELECT s.id FROM short s
        WHERE s.falls_on <= :today AND NOT EXISTS (
            SELECT FROM qualification_decisions d WHERE d.client_id = s.id AND d.as_of = :today)
        ORDER BY s.id LIMIT :size
        """  # noqa: S608 - put together from constants
    )
)


async def policy_on(tx: Tx, today: date) -> StandingPolicy:
    """The policy values in force on a day."""
    row = await tx.fetchrow(_POLICY, today=today)
    if row is None:
        raise LookupError(f"no standing policy is in force on {today}")
    return StandingPolicy.from_row(dict(row))


async def decision_of(tx: Tx, client_id: UUID, *, run_id: UUID) -> tuple[UUID, list[LevelFinding]] | None:
    """The decision of a run over one client, and what its policies say of the card levels."""
    row = await tx.fetchrow(_DECISION, client_id=client_id, run_id=run_id)
    if row is None:
        return None
    return row["id"], [_finding(each) for each in row["outcomes"] if each["ladder"] == "card_level"]


async def last_decision_id(tx: Tx, client_id: UUID) -> UUID | None:
    """The newest decision over a client."""
    found: UUID | None = await tx.fetchval(_LAST_DECISION, client_id=client_id)
    return found


async def is_excepted(tx: Tx, client_id: UUID, *, today: date) -> bool:
    """Whether an exceptional admission runs on that day (CR-11)."""
    return bool(await tx.fetchval(_EXCEPTED, client_id=client_id, today=today))


async def note_foreseen(
    tx: Tx, client_id: UUID, *, cause: str, falls_on: date, decision_id: UUID, now: datetime
) -> bool:
    """True the first time this fall is foreseen for this cause."""
    return bool(
        await tx.execute(
            _NOTICE, client_id=client_id, cause=cause, falls_on=falls_on, decision_id=decision_id, said_at=now
        )
    )


async def lower_membership(
    tx: Tx,
    client_id: UUID,
    membership: StandingMembership,
    *,
    level: CardLevel,
    decision_id: UUID,
    policy_version: str,
) -> None:
    """The member stays, at a lower level."""
    await tx.execute(
        _LOWER,
        of_client=client_id,
        of_membership=membership.id,
        new_level=level.value,
        new_decision_id=decision_id,
        new_policy_version=policy_version,
    )


async def enrolled_on(tx: Tx, client_id: UUID) -> date | None:
    """Since when the standing membership stands."""
    found: date | None = await tx.fetchval(_ENROLLED_ON, client_id=client_id)
    return found


async def card_until(tx: Tx, client_id: UUID) -> date | None:
    """The last day of the client's newest card, None where none was issued."""
    found: date | None = await tx.fetchval(_CARD_UNTIL, client_id=client_id)
    return found


async def tiers_about_to_fall(tx: Tx, *, today: date, foreseen_until: date, size: int) -> list[tuple[UUID, date]]:
    """Clients whose tier falls by then and who were not told, with the day."""
    rows = await tx.fetch(_NEAR, today=today, foreseen_until=foreseen_until, size=size)
    return [(row["id"], row["falls_on"]) for row in rows]


async def tiers_out_of_grace(tx: Tx, *, today: date, size: int) -> list[UUID]:
    """Clients whose grace is over, whose tier still stands, and over whom nothing was decided that day."""
    return [row["id"] for row in await tx.fetch(_OVER, today=today, size=size)]


def _finding(given: dict[str, Any]) -> LevelFinding:
    return LevelFinding(
        level=CardLevel(given["level"]),
        outcome=Outcome(given["outcome"]),
        policy_version=f"{given['code']}/{given['version']}",
        criteria_met=tuple(given["criteria_met"]),
        reasons=tuple(given["reasons"]),
        needs_filing=given["needs_filing"],
    )
