"""What serving a recognised client needs of the file, nationwide: levels, home, manager; nothing about the person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare

from client_registry.domain.entitlements import ServedClient, branch_of
from client_registry.domain.levels import CardLevel
from client_registry.domain.organisation import Unit
from client_registry.store import organisation

# The two letters of a card number name the branch that issued it (domain decisions, section 10).
_SERVED_SQL = """
    SELECT c.id, c.card_level, c.service_tier, c.manager, c.card_number, c.home_unit_id, c.serving_unit_ids, c.version,
           h.path AS home_path,
           (SELECT b.path FROM units b WHERE b.branch_code = left(c.card_number, 2) AND b.kind = 'first_level_branch')
               AS issuing_path
    FROM clients c JOIN units h ON h.id = c.home_unit_id
    WHERE c.id = :client_id AND c.ended_on IS NULL
"""
_SERVED = prepare(sa.text(_SERVED_SQL))
_SERVED_LOCKED = prepare(sa.text(f"{_SERVED_SQL} FOR UPDATE OF c"))
_HOLDER = prepare(sa.text("SELECT client_id FROM client_cards WHERE card_number = :card_number"))
# A recognition is one's own: asked by this person, confirmed by a factor or a number, and not too long ago.
_RECOGNISED = prepare(
    sa.text(
        "SELECT confirmed_client_id FROM client_lookups"
        " WHERE id = :lookup_id AND asked_by = :asked_by AND asked_at > :since"
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The client as served: `branch_path` is the card's issuing branch, without a card the home branch."""

    client_id: UUID
    card_level: CardLevel
    service_tier: str
    manager: str | None
    card_number: str | None
    home_unit_id: UUID
    home_path: str
    serving_unit_ids: list[UUID]
    branch_path: str | None
    version: int

    @property
    def levels(self) -> ServedClient:
        """What a decision about entitlements looks at."""
        return ServedClient(card_level=self.card_level, service_tier=self.service_tier, branch_path=self.branch_path)

    def is_at_home(self, unit: Unit) -> bool:
        """Whether the unit keeps the file or serves the client anyway (CR-39)."""
        return unit.id == self.home_unit_id or unit.id in self.serving_unit_ids


async def find_served(tx: Tx, client_id: UUID) -> Served | None:
    """The client as served, or None."""
    return _served(await tx.fetchrow(_SERVED, client_id=client_id))


async def lock_served(tx: Tx, client_id: UUID) -> Served | None:
    """The same, with the client's row locked: two requests for one client come one after the other."""
    return _served(await tx.fetchrow(_SERVED_LOCKED, client_id=client_id))


async def holder_of(tx: Tx, card_number: str) -> UUID | None:
    """Whose card this is or was."""
    found: UUID | None = await tx.fetchval(_HOLDER, card_number=card_number)
    return found


async def recognised(tx: Tx, lookup_id: UUID, *, asked_by: str, since: datetime) -> tuple[bool, UUID | None]:
    """Whether this person made that look-up since then, and whom it turned out to mean."""
    row = await tx.fetchrow(_RECOGNISED, lookup_id=lookup_id, asked_by=asked_by, since=since)
    return row is not None, None if row is None else row["confirmed_client_id"]


async def unit_within(tx: Tx, unit_id: UUID, places: list[str]) -> Unit | None:
    """The unit, where it lies at or below one of the places; None elsewhere and for an unknown one alike."""
    unit = await organisation.find_unit(tx, unit_id)
    return unit if unit is not None and any(unit.path.startswith(place) for place in places) else None


def _served(row: Record | None) -> Served | None:
    if row is None:
        return None
    return Served(
        client_id=row["id"],
        card_level=CardLevel(row["card_level"]),
        service_tier=row["service_tier"],
        manager=row["manager"],
        card_number=row["card_number"],
        home_unit_id=row["home_unit_id"],
        home_path=row["home_path"],
        serving_unit_ids=list(row["serving_unit_ids"]),
        branch_path=row["issuing_path"] or branch_of(row["home_path"]),
        version=row["version"],
    )
