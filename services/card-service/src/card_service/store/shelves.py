"""Shelves in PostgreSQL. Whoever takes a free card, or puts one back, holds the lock of its shelf first."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare

from card_service.domain.cards import Card
from card_service.domain.levels import CardLevel
from card_service.domain.shelves import Place, Shelf
from card_service.store.cards import SELECTED, card_of

# Locked in the order of their ids, whatever line they stand on: two who want the same shelves never wait crosswise.
_LOCK = prepare(
    sa.text(
        """
        WITH wanted AS (
            SELECT s.id FROM unnest(CAST(:paths AS text[]), CAST(:path_levels AS text[])) AS w(path, level)
            JOIN org_units u ON u.path = w.path JOIN shelves s ON s.unit_id = u.id AND s.level = w.level
            UNION
            SELECT s.id FROM unnest(CAST(:unit_ids AS uuid[]), CAST(:unit_levels AS text[])) AS w(unit_id, level)
            JOIN shelves s ON s.unit_id = w.unit_id AND s.level = w.level
        )
        SELECT s.id, s.unit_id, u.path, s.level, s.in_stock, s.reorder_point, s.low_since, s.version
        FROM shelves s JOIN org_units u ON u.id = s.unit_id
        WHERE s.id IN (SELECT id FROM wanted)
        ORDER BY s.id FOR UPDATE OF s
        """
    )
)
# Asked after the lock, in a statement of its own: then it sees what those before us left.
_FREE = prepare(
    sa.text(
        f"""
        SELECT w.unit_id AS shelf_unit, w.level AS shelf_level, {SELECTED}
        FROM unnest(CAST(:unit_ids AS uuid[]), CAST(:levels AS text[]), CAST(:counts AS int[]))
             AS w(unit_id, level, count)
        CROSS JOIN LATERAL (
            SELECT * FROM cards f WHERE f.unit_id = w.unit_id AND f.level = w.level AND f.status = 'in_stock'
            ORDER BY f.number LIMIT w.count
        ) AS c
        ORDER BY w.unit_id, w.level, c.number
        """  # noqa: S608
    )
)
_SAVE = prepare(
    sa.text(
        """
        UPDATE shelves s SET in_stock = n.in_stock, low_since = n.low_since, version = n.version
        FROM unnest(CAST(:ids AS uuid[]), CAST(:in_stocks AS int[]), CAST(:low_sinces AS timestamptz[]),
                    CAST(:versions AS bigint[])) AS n(id, in_stock, low_since, version)
        WHERE s.id = n.id
        """
    )
)


async def lock_shelves(
    tx: Tx, *, at_paths: Collection[Place] = (), of_units: Collection[tuple[UUID, CardLevel]] = ()
) -> dict[Place, Shelf]:
    """These shelves by their unit's path and level, locked until the transaction ends."""
    paths, units = sorted(set(at_paths)), list(dict.fromkeys(of_units))
    rows = await tx.fetch(
        _LOCK,
        paths=[path for path, _ in paths],
        path_levels=[level.value for _, level in paths],
        unit_ids=[unit_id for unit_id, _ in units],
        unit_levels=[level.value for _, level in units],
    )
    shelves = [Shelf(**{**dict(row), "level": CardLevel(row["level"])}) for row in rows]
    return {(shelf.path, shelf.level): shelf for shelf in shelves}


async def free_cards(tx: Tx, wanted: Mapping[Place, int], shelves: Mapping[Place, Shelf]) -> dict[Place, list[Card]]:
    """Up to so many free cards of each locked shelf, lowest number first."""
    asked = {
        (shelves[place].unit_id, shelves[place].level.value): place
        for place, count in wanted.items()
        if place in shelves and count and shelves[place].in_stock
    }
    found: dict[Place, list[Card]] = {place: [] for place in asked.values()}
    if not asked:
        return found
    rows = await tx.fetch(
        _FREE,
        unit_ids=[unit_id for unit_id, _ in asked],
        levels=[level for _, level in asked],
        counts=[wanted[place] for place in asked.values()],
    )
    for row in rows:
        found[asked[row["shelf_unit"], row["shelf_level"]]].append(card_of(row))
    return found


async def save_shelves(tx: Tx, shelves: Sequence[Shelf]) -> None:
    """Counts and warnings of locked shelves."""
    if shelves:
        await tx.execute(
            _SAVE,
            ids=[shelf.id for shelf in shelves],
            in_stocks=[shelf.in_stock for shelf in shelves],
            low_sinces=[shelf.low_since for shelf in shelves],
            versions=[shelf.version for shelf in shelves],
        )
