"""A membership ends (CR-3): by the client's wish, by the bank's act, by death. Priority services stop at once."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.endings import EndingCause, NoSuchMembership, end
from client_registry.domain.levels import CardLevel
from client_registry.store import clients
from client_registry.store import standing as store


async def end_membership(
    tx: Tx,
    client_id: UUID,
    *,
    cause: EndingCause,
    by: Principal,
    now: datetime,
    membership_id: UUID | None = None,
) -> UUID | None:
    """The id of the membership that ended; None, and nothing said, where the client was no member.

    Says MembershipEnded and, where there was a card level, ClientDowngraded to none. Raises NoSuchMembership where one is
    named that does not stand, NotFound for an unknown client.
    """
    file = await clients.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    membership = await store.lock_membership(tx, client_id)
    if membership_id is not None and (membership is None or membership.id != membership_id):
        raise NoSuchMembership()
    if membership is None:
        return None
    today = business_day(now)
    ended, downgraded = end(store.standing_of(file), membership, cause=cause, at=now, today=today)
    await store.end_membership(tx, client_id, membership.id, left=cause is EndingCause.LEFT, today=today)
    await clients.set_card_level(tx, client_id, level=CardLevel.NONE.value, version=ended.version)
    await outbox.add(tx, ended, *(() if downgraded is None else (downgraded,)))
    await audit.record(
        tx, act="membership.ended", by=by, object_type="membership", object_id=membership.id, client_id=client_id,
        detail={"cause": cause.value, "level": membership.level.value}, at=now,
    )  # fmt: skip
    return membership.id
