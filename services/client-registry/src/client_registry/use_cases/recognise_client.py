"""Who is served was recognised before, by the person who serves (CR-97): the proof every nationwide service asks for."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.recognition import LookupGone, NotConfirmed
from client_registry.domain.service_rules import ServiceRules
from client_registry.store import served as store
from client_registry.store.served import Served


async def recognise_client(tx: Tx, lookup_id: UUID, *, rules: ServiceRules, by: Principal, now: datetime) -> Served:
    """The client of one's own confirmed look-up, with the row locked. Raises LookupGone and NotConfirmed."""
    known, client_id = await store.recognised(tx, lookup_id, asked_by=by.subject, since=now - rules.away.recognised_for)
    if not known:
        raise LookupGone()
    if client_id is None:
        raise NotConfirmed()
    served = await store.lock_served(tx, client_id)
    if served is None:
        raise NotFound()
    return served
