"""A client has another name or another document (CR-79): the old ones stay in the history and still find him."""

from datetime import datetime
from uuid import UUID

from chassis import audit, work_items
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.refusals import FieldError, Invalid, NotFound
from chassis.texts import Text

from client_registry.domain.clients import checked_birth, checked_identity
from client_registry.domain.identity_documents import IdentityType
from client_registry.store import clients, duplicates
from client_registry.store import identities as store

KIND = "clients.identity-changed"
_NOTHING = Text(en="Nothing differs from what is on file.", zh="与现有档案一致，无需变更。")


async def change_identity(
    tx: Tx,
    client_id: UUID,
    *,
    name: str | None,
    document: tuple[IdentityType, str] | None,
    cause: str,
    reason: str,
    by: Principal,
    now: datetime,
) -> UUID:
    """The change's id, to which papers are added. The client's manager is asked to take note (CR-79).

    Raises NotFound, ClientMerged, ClientKnown where another file bears the document, Invalid.
    """
    file = await clients.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    today, former = business_day(now), await store.read(tx, client_id)
    number = None if document is None else checked_identity(*document)
    renamed = name is not None and name.strip() != former.name
    replaced = document is not None and (document[0], number) != (former.kind, former.number)
    if not renamed and not replaced:
        raise Invalid([FieldError("", "identity.unchanged", _NOTHING)])
    change_id = new_id()
    await store.keep_former(
        tx, client_id, change_id, former, renamed=renamed, replaced=replaced, cause=cause, reason=reason, until_on=today,
        by=by.subject, now=now,
    )  # fmt: skip
    if renamed and name is not None:
        await store.rename(tx, client_id, name.strip())
    if replaced and document is not None and number is not None:
        born_on = checked_birth(document[0], number, None, today=today)
        await store.replace_document(tx, client_id, document[0], number, born_on=born_on)
    await store.moved(tx, client_id)
    await duplicates.find_duplicates(tx, [client_id], now=now)
    if file["manager"] is not None and file["manager"] != by.subject:
        await work_items.add(
            tx, kind=KIND, rule="CR-79", text=KIND, client_id=client_id, subject_id=change_id, owner=file["manager"],
            owner_role=None, unit_id=None, due_at=None, now=now,
        )  # fmt: skip
    await audit.record(
        tx, act="identity.changed", by=by, object_type="identity-change", object_id=change_id, client_id=client_id,
        detail={"cause": cause, "renamed": renamed, "replaced": replaced}, at=now,
    )  # fmt: skip
    return change_id
