"""What undoing an import of figures would take back."""

from typing import Any
from uuid import UUID

from chassis.db import Tx

from client_registry.domain.import_undoing import OF_FIGURES
from client_registry.store import figure_withdrawals
from client_registry.views.import_undoing import proposed_by

_FILED_SHOWN = 200


async def preview(tx: Tx, import_id: UUID) -> dict[str, Any]:
    """Counts, the filed qualifications concerned, and who has asked for it."""
    counted, filed = await figure_withdrawals.preview(tx, import_id, most=_FILED_SHOWN)
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
        "proposed_by": await proposed_by(tx, OF_FIGURES, import_id),
    }
