"""The card's number comes back on the client's file (CR-73, CS-24; CCB Art. 14)."""

from datetime import date
from uuid import UUID

from chassis.db import Tx

from client_registry.store import clients as store


async def write_card_number(
    tx: Tx,
    *,
    client_id: UUID,
    card_id: UUID,
    card_number: str,
    level: str,
    face: str,
    issued_on: date,
    expires_on: date,
) -> None:
    """The card stands on the file and its number is the present one; heard twice it is written once."""
    await store.add_card(
        tx,
        client_id=client_id,
        card_id=card_id,
        card_number=card_number,
        level=level,
        face=face,
        issued_on=issued_on,
        expires_on=expires_on,
    )
