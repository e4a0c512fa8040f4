"""Propose that reserved cards go out of stock to their clients: the keeper's signature (CS-10, CS-11, CS-14)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit, due_work
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import NotFound
from chassis.scope import Scope

from card_service.domain.issues import ManyStocks, ProposedAlready, StockIssue, check_issue
from card_service.domain.signatures import Signatures
from card_service.store import cards, clients, issues, organisation, reservations


async def propose_issue(
    tx: Tx, issue_id: UUID, *, reservation_ids: Sequence[UUID], by: Principal, scope: Scope, now: datetime
) -> StockIssue:
    """Held until the supervisor signs or three days are over.

    Raises NotFound for an unknown reservation or one whose card lies outside the keeper's place, `ReservationMoved`,
    `LevelChanged`, `ManyStocks` and `ProposedAlready`.
    """
    ids = sorted(set(reservation_ids))
    # Clients before reservations, as everywhere: two who touch the same client never wait crosswise.
    known = await reservations.peek_reservations(tx, ids)
    levels = await clients.lock_levels(tx, [reservation.wish.client_id for reservation in known])
    lines = await reservations.lock_reservations(tx, ids)
    if len(lines) != len(ids):
        raise NotFound()
    check_issue(lines, levels)
    held = await cards.lock_cards(tx, [line.card_id for line in lines if line.card_id is not None])
    units = {card.unit_id for card in held.values()}
    for unit_id in units:
        if not scope.covers((await organisation.get_unit(tx, unit_id)).path):
            raise NotFound()
    if len(units) != 1:
        raise ManyStocks()
    if await issues.stand_elsewhere(tx, ids):
        raise ProposedAlready()
    signatures = Signatures.opened(by.subject, at=now)
    issue = StockIssue(id=issue_id, unit_id=units.pop(), reservation_ids=tuple(ids), signatures=signatures)
    await issues.add_issue(tx, issue)
    await due_work.schedule(tx, kind="card.issue-held", subject_id=issue.id, due_at=signatures.expires_at)
    await audit.record(
        tx,
        act="stock-issue.proposed",
        by=by,
        object_type="stock-issue",
        object_id=issue.id,
        detail={"unit_id": issue.unit_id, "reservation_ids": ids},
        at=now,
    )
    return issue
