"""Schemes of grades as they are answered, and a client's grade in each (A3, CR-24)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope

from client_registry.domain.schemes import HELD, Scheme, SchemeGrade, in_force
from client_registry.store import schemes as store
from client_registry.views.clients import require_visible

_HELD = prepare(
    sa.text(
        """
        SELECT c.card_level, c.service_tier, u.service_institution, k.value_class, k.risk_class,
               coalesce(k.needs, '{}') AS needs,
               EXISTS (SELECT FROM exceptional_admissions a WHERE a.client_id = c.id AND a.kind = 'potential'
                       AND a.status = 'approved' AND a.expires_on >= CAST(:today AS date)) AS potential
        FROM clients c JOIN units u ON u.id = c.home_unit_id
        LEFT JOIN client_classifications k ON k.client_id = c.id
        WHERE c.id = :client_id
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One scheme and the client's grades in it, the highest first; none where it has no name for the client."""

    scheme: Scheme
    grades: list[SchemeGrade]


async def list_in_force(tx: Tx, day: date) -> list[Scheme]:
    """Each scheme as it stands on a day."""
    return in_force(await store.list_all(tx), day)


async def get_in_force(tx: Tx, code: str, day: date) -> Scheme:
    """One scheme as it stands on a day; NotFound."""
    for scheme in await list_in_force(tx, day):
        if scheme.code == code:
            return scheme
    raise NotFound()


async def grades_of(tx: Tx, client_id: UUID, *, scope: Scope, today: date) -> list[Graded]:
    """The client in every scheme of today. NotFound outside the scope."""
    await require_visible(tx, client_id, scope=scope)
    row = await tx.fetchrow(_HELD, client_id=client_id, today=today)
    if row is None:
        raise NotFound()
    held = {
        "needs": frozenset(row["needs"]),
        "potential": frozenset({HELD} if row["potential"] else ()),
        **{
            name: frozenset(() if row[name] is None else (row[name],))
            for name in ("card_level", "service_tier", "value_class", "risk_class", "service_institution")
        },
    }
    return [Graded(scheme=scheme, grades=scheme.grades_of(held)) for scheme in await list_in_force(tx, today)]
