"""What a rule asks a person to do: owner, due, acknowledge, hand over, done with a result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from chassis.db import Record, Tx
from chassis.frame_tables import FRAME
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.query import prepare
from chassis.refusals import NotFound, RuleBroken
from chassis.texts import Text

_ITEMS = FRAME.work_items
_ADD = prepare(
    sa.insert(_ITEMS).values(
        {
            name: sa.bindparam(name, type_=_ITEMS.c[name].type)
            for name in (
                "id", "kind", "rule", "text", "client_id", "subject_id", "owner", "owner_role",
                "unit_id", "unit_path", "due_at", "created_at",
            )
        }
    )
)  # fmt: skip
# Mine: given to me by name, or given to a role that I hold at that place. `own` reaches only the place itself,
# `unit` also everything below it; an item without a place belongs to whoever holds the role. While somebody is absent,
# what was given to him by name is his stand-in's too, where it asks for no other role than the one stood in for.
_MINE_SQL = """
    (owner = :subject OR EXISTS (
        SELECT FROM stand_ins AS s
        WHERE s.stand_in = :subject AND s.absent = owner AND (owner_role IS NULL OR owner_role = s.role)
          AND s.from_at <= CAST(:now AS timestamptz) AND s.until_at > CAST(:now AS timestamptz)
    ) OR (owner IS NULL AND EXISTS (
        SELECT FROM unnest(CAST(:roles AS text[]), CAST(:paths AS text[]), CAST(:below AS boolean[]))
                    AS g(role, path, below)
        WHERE g.role = owner_role
          AND (unit_path IS NULL OR unit_path = g.path OR (g.below AND starts_with(unit_path, g.path)))
    )))
"""
_LIST_MINE = prepare(
    sa.text(
        f"""
        SELECT * FROM work_items
        WHERE {_MINE_SQL} AND status <> 'done' AND (CAST(:after AS uuid) IS NULL OR id > :after)
          AND (CAST(:client_id AS uuid) IS NULL OR client_id = :client_id)
        ORDER BY id LIMIT :limit
        """  # noqa: S608 - put together from constants
    )
)
_FIND_MINE = prepare(
    sa.text(f"SELECT * FROM work_items WHERE id = :id AND {_MINE_SQL} FOR UPDATE")  # noqa: S608
)
_BY_SUBJECT = prepare(
    sa.select(_ITEMS)
    .where(_ITEMS.c.subject_id == sa.bindparam("subject_id"), _ITEMS.c.status != "done")
    .order_by(_ITEMS.c.id)
)
_ACKNOWLEDGE = prepare(
    sa.text(
        "UPDATE work_items SET status = 'acknowledged', acknowledged_at = :now, acknowledged_by = :by, owner = :by, "
        "version = version + 1 WHERE id = :id RETURNING *"
    )
)
_HAND_OVER = prepare(
    sa.text(
        "UPDATE work_items SET status = 'open', handed_over_at = :now, handed_over_by = :by, owner = :owner, "
        "owner_role = :owner_role, unit_id = :unit_id, unit_path = :unit_path, acknowledged_at = NULL, "
        "acknowledged_by = NULL, version = version + 1 WHERE id = :id RETURNING *"
    )
)
_COMPLETE = prepare(
    sa.text(
        "UPDATE work_items SET status = 'done', completed_at = :now, completed_by = :by, result = :result, "
        "version = version + 1 WHERE id = :id RETURNING *"
    )
)
# A client's new manager takes over what his old one had to do about him; it is open again until it is taken on.
_MOVE_OF_CLIENTS = prepare(
    sa.text(
        "UPDATE work_items SET status = 'open', owner = :to_owner, handed_over_at = :now, handed_over_by = :by, "
        "acknowledged_at = NULL, acknowledged_by = NULL, version = version + 1 "
        "WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND owner = :from_owner AND status <> 'done' "
        "RETURNING id, client_id"
    )
)
_COMPLETE_FOR = prepare(
    sa.text(
        "UPDATE work_items SET status = 'done', completed_at = :now, completed_by = :by, result = :result, "
        "version = version + 1 WHERE subject_id = ANY(CAST(:subject_ids AS uuid[])) AND kind = :kind AND status <> 'done'"
    )
)
_FOLLOW_UNITS = prepare(
    sa.text(
        """
        UPDATE work_items AS w SET unit_path = m.new_path
        FROM unnest(CAST(:old_paths AS text[]), CAST(:new_paths AS text[])) AS m(old_path, new_path)
        WHERE w.unit_path = m.old_path AND w.status <> 'done'
        """
    )
)


class WorkItemDone(RuleBroken):
    code = "work-item.done"
    text = Text(en="This work item is already done.", zh="该工作事项已办结。")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """Something a person is to do. `rule` is the requirement that asks for it, `text` the code of its sentence."""

    id: UUID
    kind: str
    rule: str
    text: str
    client_id: UUID | None
    subject_id: UUID
    owner: str | None
    owner_role: str | None
    unit_id: UUID | None
    unit_path: str | None
    due_at: datetime | None
    status: Literal["open", "acknowledged", "done"]
    version: int
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    handed_over_at: datetime | None
    handed_over_by: str | None
    completed_at: datetime | None
    completed_by: str | None
    result: str | None


def _item(row: Record | None) -> WorkItem:
    if row is None:
        raise NotFound()
    return WorkItem(**{name: value for name, value in row.items() if name != "told_version"})


async def add(
    tx: Tx,
    *,
    kind: str,
    rule: str,
    text: str,
    client_id: UUID | None,
    subject_id: UUID,
    owner: str | None,
    owner_role: str | None,
    unit_id: UUID | None,
    due_at: datetime | None,
    now: datetime,
    unit_path: str | None = None,
) -> UUID:
    """Ask a person (`owner`, a staff subject) or the holders of a role at a place to do something.

    An item for a role at a unit needs the unit's path too (ValueError): grants name places by path. An item for a
    role without any unit belongs to every holder of the role.
    """
    _check_place(owner, owner_role, unit_id, unit_path)
    item_id = new_id()
    await tx.execute(
        _ADD,
        id=item_id,
        kind=kind,
        rule=rule,
        text=text,
        client_id=client_id,
        subject_id=subject_id,
        owner=owner,
        owner_role=owner_role,
        unit_id=unit_id,
        unit_path=unit_path,
        due_at=due_at,
        created_at=now,
    )
    return item_id


async def add_many(tx: Tx, items: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Many at once, in one round trip; each is what `add` takes, without the moment."""
    rows = []
    for item in items:
        _check_place(item["owner"], item["owner_role"], item["unit_id"], item.get("unit_path"))
        rows.append({"unit_path": None} | dict(item) | {"id": new_id(), "created_at": now})
    await tx.executemany(_ADD, rows)


async def list_mine(
    tx: Tx,
    principal: Principal,
    *,
    limit: int = 50,
    after: UUID | None = None,
    client_id: UUID | None = None,
    now: datetime | None = None,
) -> list[WorkItem]:
    """Unfinished items given to the principal by name or by role and place, the oldest first, after that id; at `now`
    also those of people for whom the principal stands in."""
    rows = await tx.fetch(_LIST_MINE, **_mine(principal, now), limit=limit, after=after, client_id=client_id)
    return [_item(row) for row in rows]


async def get_mine(tx: Tx, principal: Principal, item_id: UUID, *, now: datetime | None = None) -> WorkItem:
    """One item of the principal's, locked; NotFound for another's and for an unknown id alike."""
    return _item(await tx.fetchrow(_FIND_MINE, id=item_id, **_mine(principal, now)))


async def list_of_subject(tx: Tx, subject_id: UUID) -> list[WorkItem]:
    """Unfinished items about one case, card, client or plan, whoever has them."""
    return [_item(row) for row in await tx.fetch(_BY_SUBJECT, subject_id=subject_id)]


async def acknowledge(tx: Tx, item_id: UUID, *, by: Principal, now: datetime) -> WorkItem:
    """The principal takes the item on: from now on it is theirs by name. WorkItemDone when it is finished."""
    await _unfinished(tx, item_id, by, now)
    return _item(await tx.fetchrow(_ACKNOWLEDGE, id=item_id, by=by.subject, now=now))


async def hand_over(
    tx: Tx,
    item_id: UUID,
    *,
    by: Principal,
    now: datetime,
    owner: str | None = None,
    owner_role: str | None = None,
    unit_id: UUID | None = None,
    unit_path: str | None = None,
) -> WorkItem:
    """Give the item to another person or role; it is open again until they acknowledge it."""
    if owner is None and owner_role is None:
        raise ValueError("an item is handed over to a person or to a role")
    _check_place(owner, owner_role, unit_id, unit_path)
    await _unfinished(tx, item_id, by, now)
    row = await tx.fetchrow(
        _HAND_OVER,
        id=item_id,
        by=by.subject,
        now=now,
        owner=owner,
        owner_role=owner_role,
        unit_id=unit_id,
        unit_path=unit_path,
    )
    return _item(row)


async def complete(tx: Tx, item_id: UUID, *, by: Principal, result: str, now: datetime) -> WorkItem:
    """Done, with a result code. WorkItemDone when it was done before."""
    await _unfinished(tx, item_id, by, now)
    return _item(await tx.fetchrow(_COMPLETE, id=item_id, by=by.subject, result=result, now=now))


async def complete_for(tx: Tx, *, subject_id: UUID, kind: str, by: Principal, result: str, now: datetime) -> int:
    """End the unfinished items of that kind about that subject, because the thing asked for has happened."""
    return await complete_for_many(tx, [subject_id], kind=kind, by=by, result=result, now=now)


async def complete_for_many(
    tx: Tx, subject_ids: Sequence[UUID], *, kind: str, by: Principal, result: str, now: datetime
) -> int:
    """The same for many subjects in one statement."""
    return await tx.execute(
        _COMPLETE_FOR, subject_ids=list(subject_ids), kind=kind, by=by.subject, result=result, now=now
    )


async def move_of_clients(
    tx: Tx, client_ids: Sequence[UUID], from_owner: str, to_owner: str, *, by: Principal, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Unfinished items about these clients go from one person to another; gives each item's id and its client's."""
    if not client_ids:
        return []
    rows = await tx.fetch(
        _MOVE_OF_CLIENTS,
        client_ids=list(client_ids),
        from_owner=from_owner,
        to_owner=to_owner,
        by=by.subject,
        now=now,
    )
    return [(row["id"], row["client_id"]) for row in rows]


async def move_with_clients(
    tx: Tx, moves: Mapping[UUID, tuple[str | None, str]], *, by: Principal, now: datetime
) -> int:
    """The same for clients of several people: client → (earlier owner, new owner); how many items went over."""
    groups: dict[tuple[str, str], list[UUID]] = {}
    for client_id, (from_owner, to_owner) in moves.items():
        if from_owner is not None and from_owner != to_owner:
            groups.setdefault((from_owner, to_owner), []).append(client_id)
    return sum(
        [
            len(await move_of_clients(tx, client_ids, from_owner, to_owner, by=by, now=now))
            for (from_owner, to_owner), client_ids in sorted(groups.items())
        ]
    )


async def follow_units(tx: Tx, moved: Mapping[str, str]) -> int:
    """Unfinished items of units that stand elsewhere now: old path → new path; returns how many followed."""
    if not moved:
        return 0
    return await tx.execute(_FOLLOW_UNITS, old_paths=list(moved), new_paths=list(moved.values()))


async def _unfinished(tx: Tx, item_id: UUID, by: Principal, now: datetime) -> WorkItem:
    item = await get_mine(tx, by, item_id, now=now)
    if item.status == "done":
        raise WorkItemDone()
    return item


def _check_place(owner: str | None, owner_role: str | None, unit_id: UUID | None, unit_path: str | None) -> None:
    if owner is None and owner_role is None:
        raise ValueError("a work item has an owner or an owner role")
    if owner is None and unit_id is not None and unit_path is None:
        raise ValueError("an item for a role at a unit needs unit_path")


def _mine(principal: Principal, now: datetime | None) -> dict[str, Any]:
    grants: Sequence[Any] = principal.grants
    return {
        "now": now,
        "subject": principal.subject,
        "roles": [grant.role for grant in grants],
        "paths": [grant.unit_path for grant in grants],
        "below": [grant.reach == "unit" for grant in grants],
    }
