"""Changes of the tree in PostgreSQL. Who changes it locks its root first: two moves at once could make a circle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from chassis import work_items
from chassis.db import Tx
from chassis.query import prepare

from client_registry.domain.organisation import Unit
from client_registry.store.organisation import unit_of
from client_registry.tables.organisation import units

_LOCK_TREE = prepare(sa.text("SELECT id FROM units WHERE parent_id IS NULL ORDER BY id FOR UPDATE"))
_LOCK = prepare(sa.select(units).where(units.c.id == sa.bindparam("unit_id")).with_for_update())
_CODE_TAKEN = prepare(sa.text("SELECT EXISTS (SELECT FROM units WHERE lower(code) = lower(:code))"))
_LETTERS_TAKEN = prepare(
    sa.text("SELECT EXISTS (SELECT FROM units WHERE branch_code = :letters AND kind = 'first_level_branch')")
)
_BELOW = prepare(
    sa.select(units).where(units.c.parent_id == sa.bindparam("unit_id"), units.c.active).order_by(units.c.path)
)
_MOVE = prepare(
    sa.text(
        """
        UPDATE units SET path = CAST(:new_path AS text) || substr(path, length(CAST(:old_path AS text)) + 1),
               parent_id = CASE WHEN id = :unit_id THEN CAST(:parent_id AS uuid) ELSE parent_id END,
               version = version + 1
        WHERE starts_with(path, :old_path) RETURNING *
        """
    )
)
_CLOSE = prepare(
    sa.text(
        """
        UPDATE units SET active = false, merged_into_id = CAST(:into_id AS uuid), version = version + 1
        WHERE id = :unit_id RETURNING *
        """
    )
)
_CLIENTS = prepare(
    sa.text(
        """
        SELECT count(*) FROM clients
        WHERE home_unit_id = :unit_id OR serving_unit_ids @> ARRAY[CAST(:unit_id AS uuid)]
        """
    )
)
_STAFF = prepare(
    sa.text("SELECT count(*) FROM postings WHERE unit_id = :unit_id AND (until_on IS NULL OR until_on >= :day)")
)
_FOLLOW = [
    prepare(
        sa.text(
            f"""
            UPDATE {table} AS t SET unit_path = m.new_path
            FROM unnest(CAST(:old_paths AS text[]), CAST(:new_paths AS text[])) AS m(old_path, new_path)
            WHERE t.unit_path = m.old_path
            """  # noqa: S608 - constants
        )
    )
    for table in ("client_imports", "organisation_imports", "qualification_runs")
]
_FOLLOW_PLACE = prepare(
    sa.text(
        """
        UPDATE operations AS o SET detail = jsonb_set(o.detail, '{unit_path}', to_jsonb(m.new_path))
        FROM unnest(CAST(:old_paths AS text[]), CAST(:new_paths AS text[])) AS m(old_path, new_path)
        WHERE o.detail ->> 'unit_path' = m.old_path AND o.status IN ('queued', 'running')
        """
    )
)
# Scopes of long work are LIKE patterns: a path with its underscores escaped, and a per cent sign.
_FOLLOW_SCOPE = prepare(
    sa.text(
        r"""
        UPDATE operations AS o SET detail = jsonb_set(o.detail, '{scope_paths}', (
            SELECT jsonb_agg(coalesce(replace(m.new_path, '_', '\_') || '%', p.pattern))
            FROM jsonb_array_elements_text(o.detail -> 'scope_paths') AS p(pattern)
            LEFT JOIN unnest(CAST(:old_paths AS text[]), CAST(:new_paths AS text[])) AS m(old_path, new_path)
                 ON replace(m.old_path, '_', '\_') || '%' = p.pattern))
        WHERE o.status IN ('queued', 'running') AND jsonb_array_length(o.detail -> 'scope_paths') > 0
        """
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What still hangs on a unit."""

    clients: int
    staff: int
    below: tuple[Unit, ...]


async def lock_tree(tx: Tx) -> None:
    """Waits for whoever else changes the tree."""
    await tx.fetch(_LOCK_TREE)


async def lock_unit(tx: Tx, unit_id: UUID) -> Unit | None:
    """One unit, locked, or None."""
    row = await tx.fetchrow(_LOCK, unit_id=unit_id)
    return None if row is None else unit_of(row)


async def code_is_taken(tx: Tx, code: str) -> bool:
    """Whether a unit, open or closed, bears the code in whatever case."""
    return bool(await tx.fetchval(_CODE_TAKEN, code=code))


async def letters_are_taken(tx: Tx, letters: str) -> bool:
    """Whether a first-level branch, open or closed, bears the letters."""
    return bool(await tx.fetchval(_LETTERS_TAKEN, letters=letters))


async def units_below(tx: Tx, unit_id: UUID) -> list[Unit]:
    """The open units directly below."""
    return [unit_of(row) for row in await tx.fetch(_BELOW, unit_id=unit_id)]


async def use_of(tx: Tx, unit_id: UUID, *, day: date) -> Use:
    """Clients kept or served, postings that stand or are to begin, open units below."""
    return Use(
        clients=await tx.fetchval(_CLIENTS, unit_id=unit_id),
        staff=await tx.fetchval(_STAFF, unit_id=unit_id, day=day),
        below=tuple(await units_below(tx, unit_id)),
    )


async def move_subtree(tx: Tx, unit: Unit, *, parent: Unit) -> list[Unit]:
    """The unit and everything below it at the new place, in one statement; whatever keeps a path here follows."""
    new_path = f"{parent.path}{unit.code.lower()}/"
    rows = await tx.fetch(_MOVE, unit_id=unit.id, parent_id=parent.id, old_path=unit.path, new_path=new_path)
    moved = sorted((unit_of(row) for row in rows), key=lambda each: each.path)
    await _follow(tx, [(unit.path + each.path[len(new_path) :], each.path) for each in moved])
    return moved


async def close(tx: Tx, unit_id: UUID, *, into_id: UUID | None) -> Unit:
    """The unit is open no more; `into_id` is the one that took it over. LookupError where it is not there."""
    row = await tx.fetchrow(_CLOSE, unit_id=unit_id, into_id=into_id)
    if row is None:
        raise LookupError(f"no unit {unit_id}")
    return unit_of(row)


async def _follow(tx: Tx, moved: Sequence[tuple[str, str]]) -> None:
    paths = {"old_paths": [old for old, _ in moved], "new_paths": [new for _, new in moved]}
    for statement in (*_FOLLOW, _FOLLOW_PLACE, _FOLLOW_SCOPE):
        await tx.execute(statement, **paths)
    await work_items.follow_units(tx, dict(moved))
