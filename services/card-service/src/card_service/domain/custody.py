"""The custody ledger: every movement takes a card out of one place and puts it into another (CS-12, CS-14).

Double entry in one row: `from_place` is credited, `to_place` debited. Each step begins where the one before ended, so a
card is always in exactly one place; the database holds the chain by a foreign key.
"""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

Place = NewType("Place", str)

FACTORY = Place("factory")


def at_unit(unit_id: UUID) -> Place:
    """In the stock of a unit."""
    return Place(f"unit:{unit_id}")


def with_client(client_id: UUID) -> Place:
    """In the hands of a client."""
    return Place(f"client:{client_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEntry:
    """One movement of one card; `act` says why, `act_id` names the signed paper behind it."""

    card_id: UUID
    step: int
    from_place: Place
    to_place: Place
    act: str
    act_id: UUID
