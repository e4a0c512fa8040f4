"""What undoing an import of clients would take back, and what became of each client."""

from typing import Any
from uuid import UUID

from chassis.db import Record, Tx
from chassis.texts import Language

from client_registry.domain.client_import_undoing import WHY_KEPT
from client_registry.domain.import_undoing import OF_CLIENTS
from client_registry.store import client_withdrawals, later_acts
from client_registry.views.import_undoing import proposed_by

_SHOWN = 200


async def preview(tx: Tx, import_id: UUID, language: Language) -> dict[str, Any]:
    """Counts, the first files that would stay and why, and who has asked for it."""
    files, known = await client_withdrawals.counts(tx, import_id)
    kept, total = await later_acts.kept_of_import(tx, import_id, most=_SHOWN)
    return {
        "clients": files - total,
        "clients_kept": total,
        "clients_known": known,
        "kept": [{"client_id": row["client_id"], "reasons": reasons_said(row["reasons"], language)} for row in kept],
        "proposed_by": await proposed_by(tx, OF_CLIENTS, import_id),
    }


async def outcomes(tx: Tx, import_id: UUID, *, after: UUID, most: int) -> list[Record]:
    """What became of each client; check the import's visibility first."""
    return await client_withdrawals.report(tx, import_id, after=after, most=most)


def reasons_said(codes: list[str], language: Language) -> list[dict[str, str]]:
    """Each reason as a code and a sentence."""
    return [{"code": code, "reason": WHY_KEPT[code].say(language)} for code in codes]
