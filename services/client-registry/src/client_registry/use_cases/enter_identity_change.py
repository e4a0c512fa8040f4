"""Entering another name or document of a client: it stands at once, or when a second person has entered it (XC-21)."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.identity import Grant, Principal
from chassis.refusals import NotFound

from client_registry.domain.identity_documents import IdentityType, normalize
from client_registry.domain.second_entries import EntryKind, PendingEntry
from client_registry.store import clients, identities
from client_registry.use_cases.await_second_person import FirstEntry, await_second_person
from client_registry.use_cases.change_identity import change_identity


async def enter_identity_change(
    tx: Tx, client_id: UUID, *, name: str | None, document: tuple[IdentityType, str] | None, cause: str, reason: str,
    by: Principal, grants: list[Grant], now: datetime,
) -> UUID | PendingEntry:  # fmt: skip
    """The change's id, or the entry that waits. Raises what `change_identity` raises."""
    file = await clients.lock_client(tx, client_id)
    if file is None:
        raise NotFound()
    former = await identities.read(tx, client_id)
    values = {}
    if name is not None and name.strip() != former.name:
        values["name"] = name
    if document is not None and (document[0], normalize(document[1])) != (former.kind, former.number):
        values["identity_number"] = document[1]
    kind, number = (None, None) if document is None else (document[0].value, document[1])
    first = FirstEntry(
        kind=EntryKind.IDENTITY, client_id=client_id, unit_id=file["home_unit_id"], values=values,
        body={"identity": {"name": name, "type": kind, "number": number, "cause": cause, "reason": reason}},
    )  # fmt: skip
    waiting = await await_second_person(tx, first, by=by, grants=grants, now=now)
    if waiting is not None:
        return waiting
    return await change_identity(
        tx, client_id, name=name, document=document, cause=cause, reason=reason, by=by, now=now
    )
