"""One client evaluated in plain steps, for what is to be explained: the meaning is that of the set-based statements."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound

from client_registry.domain.figures import Metrics, metrics
from client_registry.domain.policies import Evaluation, applicable, evaluate
from client_registry.store import figures, policies
from client_registry.store.circumstances import known as known_circumstances
from client_registry.tables.clients import clients
from client_registry.tables.organisation import units

_CLIENT = prepare(
    sa.select(clients.c.client_since_on, units.c.path)
    .join(units, units.c.id == clients.c.home_unit_id)
    .where(clients.c.id == sa.bindparam("client_id"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """What the figures are and what the policies say of them."""

    metrics: Metrics
    evaluation: Evaluation


async def evaluate_plainly(tx: Tx, client_id: UUID, *, as_of: date, cut_off_at: datetime) -> Plain:
    """The evaluation of one client as of a day; nothing is decided by it. NotFound for an unknown client."""
    client = await tx.fetchrow(_CLIENT, client_id=client_id)
    if client is None:
        raise NotFound()
    known = await figures.delivered(
        tx, client_id, as_of=as_of, cut_off_at=cut_off_at, client_since_on=client["client_since_on"]
    )
    found = metrics(known, as_of=as_of)
    applying = applicable(
        await policies.list_once_in_force(tx), home_path=client["path"], day=as_of, known_at=cut_off_at
    )
    circumstances = await known_circumstances(tx, client_id, as_of=as_of, cut_off_at=cut_off_at)
    return Plain(metrics=found, evaluation=evaluate(applying, found, circumstances))
