"""The second person confirms a death: membership ends, contact ends, the card stops, all at once."""

from datetime import datetime
from uuid import UUID

from chassis import approvals, audit, outbox
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.endings import EndingCause
from client_registry.domain.life_events import ClientDied, NotReported
from client_registry.store import clients, deaths
from client_registry.use_cases.allow_nothing import allow_nothing
from client_registry.use_cases.end_household_member import end_dead_member
from client_registry.use_cases.end_membership import end_membership
from client_registry.use_cases.follow_up_potential_client import end_of_client
from client_registry.use_cases.report_death import KIND


async def confirm_death(tx: Tx, client_id: UUID, death_id: UUID, *, by: Principal, now: datetime) -> None:
    """Says MembershipEnded and ClientDowngraded where he was a member, ConsentChanged with nothing allowed, ClientDied.

    Raises NotFound, NotReported, what `approvals.approve` raises: NotOpen, SamePerson.
    """
    if await clients.lock_client(tx, client_id) is None:
        raise NotFound()
    death = await deaths.lock(tx, client_id, death_id)
    if death is None:
        raise NotFound()
    if death["status"] != "reported":
        raise NotReported()
    await approvals.approve(tx, kind=KIND, subject_id=death_id, subject_version=1, by=by, now=now)
    await deaths.decide(tx, client_id, death_id, status="confirmed", by=by.subject, now=now)
    await end_membership(tx, client_id, cause=EndingCause.DEATH, by=by, now=now)
    await allow_nothing(tx, client_id, by=by, now=now)
    await end_of_client(tx, client_id, because="died", by=by, now=now)
    await end_dead_member(tx, client_id, died_on=death["died_on"], by=by, now=now)
    await deaths.close_items(tx, client_id, by=by.subject, now=now)
    version = await deaths.set_died(tx, client_id, death["died_on"])
    await outbox.add(tx, ClientDied(at=now, version=version, client_id=client_id, died_on=death["died_on"]))
    await audit.record(
        tx, act="death.confirmed", by=by, object_type="client-death", object_id=death_id, client_id=client_id, at=now
    )


async def refuse_death(tx: Tx, client_id: UUID, death_id: UUID, *, reason: str, by: Principal, now: datetime) -> None:
    """The client lives, or it is not proved. Raises NotFound, NotReported, what `approvals.refuse` raises."""
    death = await deaths.lock(tx, client_id, death_id)
    if death is None:
        raise NotFound()
    if death["status"] != "reported":
        raise NotReported()
    await approvals.refuse(tx, kind=KIND, subject_id=death_id, by=by, now=now, reason=reason)
    await deaths.decide(tx, client_id, death_id, status="refused", by=by.subject, now=now)
