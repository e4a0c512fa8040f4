"""Cards and their ledger in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound

from card_service.domain.cards import Card, CardStatus
from card_service.domain.custody import CustodyEntry, Place
from card_service.domain.numbers import CardNumber

COLUMNS = (
    "id",
    "number",
    "status",
    "unit_id",
    "place",
    "custody_step",
    "version",
    "client_id",
    "issued_on",
    "expires_on",
    "decision_id",
    "replaced_by",
)
SELECTED = ", ".join(f"c.{name}" for name in COLUMNS)

_SAVE = prepare(
    sa.text(
        """
        UPDATE cards c SET status = n.status, unit_id = n.unit_id, place = n.place, custody_step = n.custody_step,
            client_id = n.client_id, issued_on = n.issued_on, expires_on = n.expires_on, decision_id = n.decision_id,
            replaced_by = n.replaced_by, version = n.version
        FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:unit_ids AS uuid[]),
                    CAST(:places AS text[]), CAST(:steps AS int[]), CAST(:client_ids AS uuid[]),
                    CAST(:issued AS date[]), CAST(:expires AS date[]), CAST(:decision_ids AS uuid[]),
                    CAST(:replaced_by AS uuid[]), CAST(:versions AS bigint[]))
             AS n(id, status, unit_id, place, custody_step, client_id, issued_on, expires_on, decision_id, replaced_by,
                  version)
        WHERE c.id = n.id
        """
    )
)
_LOCK = prepare(
    sa.text(f"SELECT {SELECTED} FROM cards c WHERE c.id = ANY(CAST(:ids AS uuid[])) ORDER BY c.id FOR UPDATE")  # noqa: S608
)
_ISSUED_OF = prepare(
    sa.text(
        f"SELECT {SELECTED} FROM cards c WHERE c.client_id = ANY(CAST(:client_ids AS uuid[])) AND c.status = 'issued'"  # noqa: S608
        " ORDER BY c.id FOR UPDATE"
    )
)
_BY_NUMBER = prepare(sa.text(f"SELECT {SELECTED} FROM cards c WHERE c.number = :number"))  # noqa: S608


async def add_cards(tx: Tx, cards: Sequence[Card]) -> None:
    """New cards, by COPY: thousands come in one box."""
    records = [
        (
            card.id,
            str(card.number),
            card.number.level.value,
            card.status.value,
            card.unit_id,
            card.place,
            card.custody_step,
            card.version,
        )
        for card in cards
    ]
    columns = ("id", "number", "level", "status", "unit_id", "place", "custody_step", "version")
    await tx.copy("cards", columns, records)


async def add_entries(tx: Tx, entries: Sequence[CustodyEntry], *, at: datetime) -> None:
    """Ledger entries, by COPY; the database refuses one that does not begin where the card's last one ended."""
    records = [
        (entry.card_id, entry.step, entry.from_place, entry.to_place, entry.act, entry.act_id, at) for entry in entries
    ]
    columns = ("card_id", "step", "from_place", "to_place", "act", "act_id", "at")
    await tx.copy("custody_entries", columns, records)


async def save_cards(tx: Tx, cards: Sequence[Card]) -> None:
    """The new state of cards that this transaction has locked, itself or by their shelf."""
    if not cards:
        return
    await tx.execute(
        _SAVE,
        ids=[card.id for card in cards],
        statuses=[card.status.value for card in cards],
        unit_ids=[card.unit_id for card in cards],
        places=[card.place for card in cards],
        steps=[card.custody_step for card in cards],
        client_ids=[card.client_id for card in cards],
        issued=[card.issued_on for card in cards],
        expires=[card.expires_on for card in cards],
        decision_ids=[card.decision_id for card in cards],
        replaced_by=[card.replaced_by for card in cards],
        versions=[card.version for card in cards],
    )


async def lock_cards(tx: Tx, card_ids: Sequence[UUID]) -> dict[UUID, Card]:
    """These cards, locked in one order."""
    return {row["id"]: card_of(row) for row in await tx.fetch(_LOCK, ids=list(card_ids))}


async def lock_card(tx: Tx, card_id: UUID) -> Card:
    """One card, locked. NotFound for an unknown one."""
    found = await lock_cards(tx, [card_id])
    if card_id not in found:
        raise NotFound()
    return found[card_id]


async def lock_issued_of(tx: Tx, client_ids: Sequence[UUID]) -> dict[UUID, Card]:
    """The good card of each client that has one, locked."""
    rows = await tx.fetch(_ISSUED_OF, client_ids=list(client_ids))
    return {row["client_id"]: card_of(row) for row in rows}


async def find_by_number(tx: Tx, number: CardNumber) -> Card | None:
    """The card of that number, if it ever came in."""
    row = await tx.fetchrow(_BY_NUMBER, number=str(number))
    return None if row is None else card_of(row)


def card_of(row: Record) -> Card:
    """A card from a row with `COLUMNS`."""
    return Card(
        id=row["id"],
        number=CardNumber.parse(row["number"]),
        status=CardStatus(row["status"]),
        unit_id=row["unit_id"],
        place=Place(row["place"]),
        custody_step=row["custody_step"],
        version=row["version"],
        client_id=row["client_id"],
        issued_on=row["issued_on"],
        expires_on=row["expires_on"],
        decision_id=row["decision_id"],
        replaced_by=row["replaced_by"],
    )
