"""What undoing an import of figures would take back."""

from typing import Any
from uuid import UUID

from chassis import approvals
from chassis.db import Tx

from client_registry.domain.import_undoing import KIND
from client_registry.store import figure_withdrawals

_FILED_SHOWN = 200


async def preview(tx: Tx, import_id: UUID) -> dict[str, Any]:
    """Counts, the filed qualifications concerned, and who has asked for it."""
    counted, filed = await figure_withdrawals.preview(tx, import_id, most=_FILED_SHOWN)
    waiting = [each for each in await approvals.list_of(tx, kind=KIND, subject_id=import_id) if each.status == "open"]
    months = {
        name: None if (month := counted[name]) is None else f"{month:%Y-%m}" for name in ("first_month", "last_month")
    }
    return {
        "clients": counted["clients"],
        "statements": counted["statements"],
        "corrected_since": counted["corrected_since"],
        **months,
        "filed_total_shown": len(filed),
        "filed": [dict(row) for row in filed],
        "proposed_by": waiting[0].proposed_by if waiting else None,
    }
