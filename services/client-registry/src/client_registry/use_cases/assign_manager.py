"""Giving a client a manager of his own (CR-43, CR-44)."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.texts import Text

from client_registry.domain.events import RelationshipManagerAssigned
from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.store import clients as store
from client_registry.store import organisation

_NO_MANAGER = Text(en="This person holds no post as a client manager.", zh="该人员未担任客户经理岗位。")


async def assign_manager(tx: Tx, client_id: UUID, *, manager: str, by: Principal, now: datetime) -> int:
    """The file's version after it; says RelationshipManagerAssigned. Raises Invalid for somebody without that post."""
    today = business_day(now)
    file = await store.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    if not await organisation.is_posted(tx, manager, MANAGER_ROLES, day=today):
        raise Invalid([FieldError("/manager", "manager.not-posted", _NO_MANAGER)])
    version = int(file["version"]) + 1
    await store.set_manager(tx, client_id, manager=manager, from_on=today, version=version)
    await outbox.add(
        tx,
        RelationshipManagerAssigned(
            at=now, version=version, client_id=client_id, manager=manager, unit_id=file["home_unit_id"], from_on=today
        ),
    )
    await audit.record(
        tx, act="manager.assigned", by=by, object_type="client", object_id=client_id, client_id=client_id, at=now
    )
    return version
