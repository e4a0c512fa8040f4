"""Two files that look alike belong to two people (CR-38)."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound

from client_registry.domain.mergers import CandidateDecided
from client_registry.store import duplicates as store


async def dismiss_duplicate(tx: Tx, candidate_id: UUID, *, reason: str, by: Principal, now: datetime) -> None:
    """The pair is not shown again. Raises NotFound, CandidateDecided."""
    pair = await store.lock_candidate(tx, candidate_id)
    if pair is None:
        raise NotFound()
    if pair["status"] != "open":
        raise CandidateDecided()
    await store.dismiss(tx, candidate_id, reason=reason, by=by.subject, now=now)
    await audit.record(
        tx, act="duplicate.dismissed", by=by, object_type="duplicate-candidate", object_id=candidate_id,
        client_id=pair["client_id"], detail={"other_client_id": str(pair["other_client_id"])}, at=now,
    )  # fmt: skip
