"""The branch contacts its target clients proactively (CR-16, CCB Art. 14): a work item for each client's manager."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis import work_items
from chassis.db import Tx

from client_registry.store import clients as store

KIND = "qualification.contact"
CONTACT_WITHIN = timedelta(days=14)
FALLBACK_ROLE = "wealth_centre_head"


async def ask_to_contact(tx: Tx, qualified: Sequence[UUID], *, now: datetime) -> None:
    """One item a client; without a manager the head of the home wealth centre gets it (CR-44)."""
    await work_items.add_many(tx, await contact_items(tx, qualified, kind=KIND, now=now), now=now)


async def contact_items(tx: Tx, client_ids: Sequence[UUID], *, kind: str, now: datetime) -> list[dict[str, Any]]:
    """The items that ask for it, each for whoever looks after the client."""
    files = await store.managers_of(tx, list(client_ids))
    return [
        {
            "kind": kind,
            "rule": "CR-16",
            "text": kind,
            "client_id": client_id,
            "subject_id": client_id,
            "owner": files[client_id]["manager"],
            "owner_role": None if files[client_id]["manager"] else FALLBACK_ROLE,
            "unit_id": files[client_id]["home_unit_id"],
            "unit_path": files[client_id]["path"],
            "due_at": now + CONTACT_WITHIN,
        }
        for client_id in client_ids
        if client_id in files
    ]
