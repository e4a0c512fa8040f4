"""The absent person is back, or the stand-in is no longer wanted: the delegation ends at once."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.delegations import DEPUTISERS, Delegation, NotYours
from client_registry.store import delegations as store
from client_registry.store import organisation


async def end_delegation(tx: Tx, delegation_id: UUID, *, by: Principal, now: datetime) -> Delegation:
    """The delegation as it ended; says DelegationChanged. Raises NotFound, NotYours, DelegationOver."""
    delegation = await store.lock_delegation(tx, delegation_id)
    unit = None if delegation is None else await organisation.find_unit(tx, delegation.unit_id)
    if delegation is None or unit is None:
        raise NotFound()
    if by.subject not in (delegation.from_subject, delegation.to_subject):
        near = [grant for grant in by.grants if grant.reach == "unit" and unit.path.startswith(grant.unit_path)]
        if not near:
            raise NotFound()
        if not any(grant.role in DEPUTISERS and grant.until is None for grant in near):
            raise NotYours()
    return await end_now(tx, delegation, by=by, now=now)


async def end_now(tx: Tx, delegation: Delegation, *, by: Principal, now: datetime) -> Delegation:
    """Ends a locked delegation and tells everybody. Raises DelegationOver."""
    over = delegation.end(at=now)
    await store.end_delegation(tx, over, ended_by=by.subject)
    await outbox.add(tx, over.said(now))
    await audit.record(tx, act="delegation.ended", by=by, object_type="delegation", object_id=over.id, at=now)
    return over
