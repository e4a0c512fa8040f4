"""A shelf: one unit's blank stock of one level, its count and the point at which it must be filled up (A15, CS-15)."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from card_service.domain.events import StockLow
from card_service.domain.levels import CardLevel

REORDER_POINT = 10
RESTOCK_WITHIN = timedelta(days=3)
# The work item, and whose it is (CS-13).
RESTOCK = "card.restock"
KEEPER = "card_keeper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """`in_stock` counts the free cards; `low_since` is set while the keeper has been told to order."""

    id: UUID
    unit_id: UUID
    path: str
    level: CardLevel
    in_stock: int
    reorder_point: int
    low_since: datetime | None
    version: int

    def take(self, count: int, *, at: datetime) -> tuple[Self, StockLow | None]:
        """`count` cards are set aside; says that the stock is low when it falls to the reorder point, once."""
        if not 0 <= count <= self.in_stock:
            raise ValueError("a shelf gives what it holds")
        return replace(self, in_stock=self.in_stock - count, version=self.version + 1)._told(at)

    def found_wanting(self, *, at: datetime) -> tuple[Self, StockLow | None]:
        """A client of this unit found no card, here or above; said once until the shelf is filled up."""
        return replace(self, version=self.version + 1)._told(at)

    def put(self, count: int) -> Self:
        """Cards come in or come back; above the reorder point the shelf is no longer low."""
        in_stock = self.in_stock + count
        low_since = None if in_stock > self.reorder_point else self.low_since
        return replace(self, in_stock=in_stock, low_since=low_since, version=self.version + 1)

    def _told(self, at: datetime) -> tuple[Self, StockLow | None]:
        if self.low_since is not None or self.in_stock > self.reorder_point:
            return self, None
        return replace(self, low_since=at), StockLow(
            at=at,
            version=self.version,
            shelf_id=self.id,
            unit_id=self.unit_id,
            level=self.level.value,
            in_stock=self.in_stock,
            reorder_point=self.reorder_point,
        )


Place = tuple[str, CardLevel]


def after(
    shelves: Mapping[Place, Shelf], *, taken: Mapping[Place, int], wanting: Set[Place], at: datetime
) -> tuple[list[Shelf], list[StockLow]]:
    """The shelves that changed and what is to be said, when so many were taken and clients of these found none.

    `shelves` are keyed by their unit's path and their level; places without a shelf here are passed over.
    """
    changed: list[Shelf] = []
    said: list[StockLow] = []
    for place in sorted({*taken, *wanting} & shelves.keys()):
        count = taken.get(place, 0)
        shelf, low = shelves[place].take(count, at=at) if count else shelves[place].found_wanting(at=at)
        changed.append(shelf)
        if low is not None:
            said.append(low)
    return changed, said
