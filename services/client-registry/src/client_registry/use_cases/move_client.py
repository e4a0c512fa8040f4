"""Keeping a client's file elsewhere, or letting other outlets serve him (CR-39; domain decisions, section 1)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.texts import Text

from client_registry.domain.events import ClientMoved
from client_registry.store import clients as store
from client_registry.store import organisation
from client_registry.use_cases.reevaluate_client import reevaluate_client

_NO_UNIT = Text(en="There is no such unit.", zh="机构不存在。")


async def move_client(
    tx: Tx, client_id: UUID, *, home_unit_id: UUID, serving_unit_ids: Sequence[UUID], by: Principal, now: datetime
) -> int:
    """The file's version after the move; says ClientMoved, and follows what the standards of the new home say.

    Raises NotFound, Invalid for a unit that is not there.
    """
    file = await store.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    for unit_id in (home_unit_id, *serving_unit_ids):
        if await organisation.find_unit(tx, unit_id) is None:
            raise Invalid([FieldError("/home_unit_id", "unit.unknown", _NO_UNIT)])
    version = int(file["version"]) + 1
    await store.set_places(
        tx, client_id, home_unit_id=home_unit_id, serving_unit_ids=list(serving_unit_ids), version=version
    )
    await outbox.add(
        tx,
        ClientMoved(
            at=now, version=version, client_id=client_id, home_unit_id=home_unit_id,
            serving_unit_ids=tuple(serving_unit_ids), moved_on=business_day(now),
        ),
    )  # fmt: skip
    if home_unit_id != file["home_unit_id"]:
        # Another branch's standard may apply there (CR-12, CR-15).
        await reevaluate_client(tx, client_id, as_of=business_day(now), now=now)
        moved = await store.lock_client(tx, client_id)
        version = int(moved["version"]) if moved is not None else version
    await audit.record(
        tx, act="client.moved", by=by, object_type="client", object_id=client_id, client_id=client_id,
        detail={"home_unit_id": str(home_unit_id)}, at=now,
    )  # fmt: skip
    return version
