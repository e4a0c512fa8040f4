"""Filed qualifications looked at again after a correction: for the day they were filed, with what is known now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from chassis import work_items
from chassis.db import Tx
from chassis.ids import new_id

from client_registry.store import evaluation
from client_registry.store import filing_reviews as store

KIND = "qualification.review"
FILING_ROLE = "branch_personal_banking"
REVIEW_WITHIN = timedelta(days=14)


async def open_filing_reviews(tx: Tx, client_ids: Sequence[UUID], *, now: datetime) -> int:
    """Domain decisions, section 8: a filing that the corrected figures no longer bear is reviewed by who filed it.

    The clients are locked. Nothing of the filing changes by it; how many reviews were opened.
    """
    opened = 0
    for as_of, group in groupby(await store.corrected(tx, client_ids), key=lambda found: found.as_of):
        found = list(group)
        clients = sorted({each.client_id for each in found})
        run_id = new_id()
        await evaluation.decide(tx, clients, run_id=run_id, as_of=as_of, cut_off_at=now)
        levels = sorted({each.level for each in found})
        rows = await store.open_where_not_met(tx, clients, levels=levels, run_id=run_id, now=now)
        opened += len(rows)
        await work_items.add_many(
            tx,
            [
                {
                    "kind": KIND, "rule": "CR-10", "text": KIND, "client_id": row["client_id"], "subject_id": row["id"],
                    "owner": None, "owner_role": FILING_ROLE, "unit_id": row["unit_id"],
                    "unit_path": row["unit_path"], "due_at": now + REVIEW_WITHIN,
                }
                for row in rows
            ],
            now=now,
        )  # fmt: skip
    return opened
