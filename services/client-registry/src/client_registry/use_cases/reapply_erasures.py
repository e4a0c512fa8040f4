"""After an older backup came back: whoever was erased since then is erased again, before anybody looks (PIPL Art. 47)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.identity import Principal

from client_registry.store import erasures
from client_registry.use_cases.erase_clients import erase_kinds


async def reapply_erasures(tx: Tx, journal: Mapping[UUID, Sequence[str]], *, by: Principal, now: datetime) -> int:
    """How many files held a person again. Holds are not asked: what was decided and done then is only done again.

    Says ClientErased of each, so that the other services do the same.
    """
    back = set(await erasures.not_erased(tx, list(journal)))
    known = {(row["client_id"], row["kind"]) for row in await erasures.journal(tx)}
    wanted = {
        client_id: [kind for kind in kinds if (client_id, kind) not in known]
        for client_id, kinds in journal.items()
        if client_id in back
    }
    due = {client_id: kinds for client_id, kinds in wanted.items() if kinds}
    await erase_kinds(tx, due, cause="restore", list_id=None, by=by, now=now)
    return len(due)


async def erasure_journal(tx: Tx) -> dict[UUID, list[str]]:
    """Everybody who was ever erased, and of which kinds."""
    found: dict[UUID, list[str]] = {}
    for row in await erasures.journal(tx):
        found.setdefault(row["client_id"], []).append(row["kind"])
    return found
