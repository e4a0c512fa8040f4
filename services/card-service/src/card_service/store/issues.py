"""Stock issues in PostgreSQL."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound

from card_service.domain.issues import StockIssue
from card_service.store import papers

_ADD = prepare(
    sa.text(
        """
        INSERT INTO stock_issues (id, unit_id, status, proposed_by, proposed_at, expires_at)
        VALUES (:id, :unit_id, :status, :proposed_by, :proposed_at, :expires_at)
        """
    )
)
_ADD_LINES = prepare(
    sa.text(
        "INSERT INTO stock_issue_lines (issue_id, reservation_id)"
        " SELECT :issue_id, unnest(CAST(:reservation_ids AS uuid[]))"
    )
)
_STANDING = prepare(
    sa.text("SELECT count(*) FROM stock_issue_lines WHERE reservation_id = ANY(CAST(:ids AS uuid[])) AND stands")
)
_SAVE = prepare(
    sa.text(
        "UPDATE stock_issues SET status = :status, countersigned_by = :countersigned_by,"
        " countersigned_at = :countersigned_at WHERE id = :id"
    )
)
_FREE_LINES = prepare(sa.text("UPDATE stock_issue_lines SET stands = false WHERE issue_id = :issue_id"))
_STRIKE_OUT = prepare(
    sa.text(
        """
        UPDATE stock_issue_lines l SET stands = false FROM stock_issues i
        WHERE l.reservation_id = :reservation_id AND l.stands AND i.id = l.issue_id AND i.status = 'pending'
        """
    )
)
_SAVE_DECISIONS = prepare(
    sa.text(
        """
        UPDATE stock_issue_lines l SET decision_id = n.decision_id
        FROM unnest(CAST(:reservation_ids AS uuid[]), CAST(:decision_ids AS uuid[])) AS n(reservation_id, decision_id)
        WHERE l.issue_id = :issue_id AND l.reservation_id = n.reservation_id
        """
    )
)
_READ = (
    f"SELECT id, unit_id, {papers.COLUMNS}, ARRAY(SELECT l.reservation_id FROM stock_issue_lines l"  # noqa: S608
    " WHERE l.issue_id = stock_issues.id ORDER BY l.reservation_id) AS reservation_ids,"
    " NOT EXISTS (SELECT FROM stock_issue_lines l WHERE l.issue_id = stock_issues.id AND NOT l.stands) AS whole"
    " FROM stock_issues WHERE id = :id"
)
_LOCK = prepare(sa.text(f"{_READ} FOR UPDATE"))


async def add_issue(tx: Tx, issue: StockIssue) -> None:
    """The paper and its lines; the database refuses a reservation that stands on another."""
    await tx.execute(_ADD, id=issue.id, unit_id=issue.unit_id, **papers.opening(issue.signatures))
    await tx.execute(_ADD_LINES, issue_id=issue.id, reservation_ids=list(issue.reservation_ids))


async def stand_elsewhere(tx: Tx, reservation_ids: Sequence[UUID]) -> bool:
    """Whether one of these locked reservations stands on a paper already."""
    return bool(await tx.fetchval(_STANDING, ids=list(reservation_ids)))


async def save_issue(tx: Tx, issue: StockIssue, *, decisions: Mapping[UUID, UUID] | None = None) -> None:
    """Keeps the signatures and, when confirmed, the registry's decision for each line; else the lines are free again."""
    await tx.execute(_SAVE, id=issue.id, **papers.closing(issue.signatures))
    if decisions is None:
        await tx.execute(_FREE_LINES, issue_id=issue.id)
        return
    await tx.execute(
        _SAVE_DECISIONS,
        issue_id=issue.id,
        reservation_ids=list(decisions),
        decision_ids=list(decisions.values()),
    )


async def strike_out(tx: Tx, reservation_id: UUID) -> None:
    """The reservation no longer stands on a paper that waits; that paper can then no longer be confirmed."""
    await tx.execute(_STRIKE_OUT, reservation_id=reservation_id)


async def lock_issue(tx: Tx, issue_id: UUID) -> StockIssue:
    """The paper, locked. NotFound for an unknown one."""
    row = await tx.fetchrow(_LOCK, id=issue_id)
    if row is None:
        raise NotFound()
    return StockIssue(
        id=row["id"],
        unit_id=row["unit_id"],
        reservation_ids=tuple(row["reservation_ids"]),
        signatures=papers.signatures(row),
        whole=row["whole"],
    )
