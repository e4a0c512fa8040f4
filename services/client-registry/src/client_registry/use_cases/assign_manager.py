"""Giving a client a first manager, or one in the place of somebody who has left (CR-43, CR-44)."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.texts import Text

from client_registry.domain.hand_overs import HandOverNeeded
from client_registry.domain.organisation import MANAGER_ROLES
from client_registry.store import clients as store
from client_registry.store import organisation
from client_registry.use_cases.give_manager import give_manager

_NO_MANAGER = Text(en="This person holds no post as a client manager.", zh="该人员未担任客户经理岗位。")


async def assign_manager(tx: Tx, client_id: UUID, *, manager: str, by: Principal, now: datetime) -> int:
    """The file's version after it; says RelationshipManagerAssigned.

    Raises Invalid for somebody without that post, HandOverNeeded while the present manager is at his (XC-23).
    """
    today = business_day(now)
    file = await store.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    if not await organisation.is_posted(tx, manager, MANAGER_ROLES, day=today):
        raise Invalid([FieldError("/manager", "manager.not-posted", _NO_MANAGER)])
    present = file["manager"]
    if present is not None and await organisation.is_posted(tx, present, MANAGER_ROLES, day=today):
        raise HandOverNeeded()
    version, _ = await give_manager(tx, file, manager=manager, by=by, now=now)
    await audit.record(
        tx, act="manager.assigned", by=by, object_type="client", object_id=client_id, client_id=client_id,
        detail={"from": present, "to": manager}, at=now,
    )  # fmt: skip
    return version
