"""Keep our copy of the organisation tree."""

from uuid import UUID

from chassis import work_items
from chassis.db import Tx

from complaint_service.store import copies


async def copy_unit(
    tx: Tx,
    *,
    unit_id: UUID,
    parent_id: UUID | None,
    kind: str,
    path: str,
    name_zh: str,
    name_en: str,
    active: bool,
) -> None:
    """The newest state of a unit, whatever order units arrive in; work asked for at its place follows it."""
    before = await copies.find_path(tx, unit_id)
    await copies.save_unit(
        tx,
        unit_id=unit_id,
        parent_id=parent_id,
        kind=kind,
        path=path,
        name_zh=name_zh,
        name_en=name_en,
        active=active,
    )
    if before is not None and before != path:
        await work_items.follow_units(tx, {before: path})
