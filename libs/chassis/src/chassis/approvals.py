"""Four eyes (XC-34): one person proposes, another decides, and only over the version that was proposed.

The caller checks roles and places and validates the held change again; this keeps who and when, and audits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from chassis import audit
from chassis.db import Record, Tx
from chassis.frame_tables import FRAME
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.query import prepare
from chassis.refusals import RuleBroken
from chassis.texts import Text

Status = Literal["open", "approved", "refused", "withdrawn", "overtaken", "expired"]

_APPROVALS = FRAME.approvals
_OPEN = prepare(
    sa.select(_APPROVALS)
    .where(
        _APPROVALS.c.kind == sa.bindparam("kind"),
        _APPROVALS.c.subject_id == sa.bindparam("subject_id"),
        _APPROVALS.c.status == "open",
    )
    .with_for_update()
)
# Two who propose at once: the second one gets no row back.
_ADD = prepare(
    sa.text(
        """
        INSERT INTO approvals (id, kind, subject_id, subject_version, proposed_by, proposed_at, expires_at)
        VALUES (:id, :kind, :subject_id, :subject_version, :proposed_by, :now, :expires_at)
        ON CONFLICT (kind, subject_id) WHERE status = 'open' DO NOTHING
        RETURNING *
        """
    )
)
_END = prepare(
    sa.text(
        """
        UPDATE approvals SET status = :status, decided_by = :by, decided_at = :now, reason = :reason
        WHERE id = :id RETURNING *
        """
    )
)
_OF_SUBJECT = prepare(
    sa.select(_APPROVALS)
    .where(_APPROVALS.c.subject_id == sa.bindparam("subject_id"), _APPROVALS.c.kind == sa.bindparam("kind"))
    .order_by(_APPROVALS.c.id)
)


class SamePerson(RuleBroken):
    """Who proposed never decides (XC-34)."""

    code = "approval.same-person"
    text = Text(en="Who proposed this may not decide it as well.", zh="提出人不得同时审批，须由另一人办理。")


class Overtaken(RuleBroken):
    """The subject is another one than the one that was proposed."""

    code = "approval.overtaken"
    text = Text(
        en="This has changed since it was proposed; it has to be proposed again.",
        zh="提交审批后内容已变更，须重新提交审批。",
    )


class NotOpen(RuleBroken):
    """Nothing waits for a decision: never proposed, decided already, or its time is over."""

    code = "approval.not-open"
    text = Text(en="Nothing is waiting for a decision here.", zh="没有待审批的事项。")


class AlreadyProposed(RuleBroken):
    """The same change already waits for its decision."""

    code = "approval.already-proposed"
    text = Text(en="This already waits for a decision.", zh="该事项已提交，正在等待审批。")


class NotTheProposer(RuleBroken):
    """Only who proposed withdraws."""

    code = "approval.not-the-proposer"
    text = Text(en="Only who proposed this may withdraw it.", zh="仅提出人可以撤回。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One proposal and what became of it."""

    id: UUID
    kind: str
    subject_id: UUID
    subject_version: int
    status: Status
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


async def propose(
    tx: Tx,
    *,
    kind: str,
    subject_id: UUID,
    subject_version: int,
    by: Principal,
    now: datetime,
    expires_at: datetime | None = None,
) -> Approval:
    """Holds a version of a subject for another person's decision, one at a time per kind and subject.

    A proposal of an older version, or one whose time is over, gives way. Raises `AlreadyProposed`.
    """
    standing = await find_open(tx, kind=kind, subject_id=subject_id)
    if standing is not None and _is_over(standing, now):
        await _end(tx, standing, "expired", by=by, now=now)
    elif standing is not None and standing.subject_version != subject_version:
        await _end(tx, standing, "overtaken", by=by, now=now)
    row = await tx.fetchrow(
        _ADD,
        id=new_id(),
        kind=kind,
        subject_id=subject_id,
        subject_version=subject_version,
        proposed_by=by.subject,
        now=now,
        expires_at=expires_at,
    )
    if row is None:
        raise AlreadyProposed()
    approval = _approval(row)
    await _audit(tx, approval, "proposed", by=by, now=now)
    return approval


async def approve(
    tx: Tx, *, kind: str, subject_id: UUID, subject_version: int, by: Principal, now: datetime
) -> Approval:
    """The second person's yes to the version that stands now. Raises `NotOpen`, `SamePerson`, `Overtaken`."""
    standing = await _decidable(tx, kind=kind, subject_id=subject_id, by=by, now=now)
    if standing.subject_version != subject_version:
        raise Overtaken()
    return await _end(tx, standing, "approved", by=by, now=now)


async def refuse(tx: Tx, *, kind: str, subject_id: UUID, by: Principal, now: datetime, reason: str) -> Approval:
    """The second person's no, with a reason code; a changed subject may be refused too. Raises `NotOpen`, `SamePerson`."""
    standing = await _decidable(tx, kind=kind, subject_id=subject_id, by=by, now=now)
    return await _end(tx, standing, "refused", by=by, now=now, reason=reason)


async def withdraw(tx: Tx, *, kind: str, subject_id: UUID, by: Principal, now: datetime) -> Approval:
    """The proposer takes it back. Raises `NotOpen`, `NotTheProposer`."""
    standing = await find_open(tx, kind=kind, subject_id=subject_id)
    if standing is None:
        raise NotOpen()
    if standing.proposed_by != by.subject:
        raise NotTheProposer()
    return await _end(tx, standing, "withdrawn", by=by, now=now)


async def find_open(tx: Tx, *, kind: str, subject_id: UUID) -> Approval | None:
    """What waits for a decision, locked; None where nothing does. Its time may be over: see `expires_at`."""
    row = await tx.fetchrow(_OPEN, kind=kind, subject_id=subject_id)
    return None if row is None else _approval(row)


async def list_of(tx: Tx, *, kind: str, subject_id: UUID) -> list[Approval]:
    """Every proposal about a subject, the oldest first."""
    return [_approval(row) for row in await tx.fetch(_OF_SUBJECT, kind=kind, subject_id=subject_id)]


async def _decidable(tx: Tx, *, kind: str, subject_id: UUID, by: Principal, now: datetime) -> Approval:
    standing = await find_open(tx, kind=kind, subject_id=subject_id)
    if standing is None or _is_over(standing, now):
        raise NotOpen()
    if standing.proposed_by == by.subject:
        raise SamePerson()
    return standing


async def _end(
    tx: Tx, standing: Approval, status: Status, *, by: Principal, now: datetime, reason: str | None = None
) -> Approval:
    row: Any = await tx.fetchrow(_END, id=standing.id, status=status, by=by.subject, now=now, reason=reason)
    ended = _approval(row)
    await _audit(tx, ended, status, by=by, now=now)
    return ended


async def _audit(tx: Tx, approval: Approval, moved: str, *, by: Principal, now: datetime) -> None:
    await audit.record(
        tx, act=f"approval.{moved}", by=by, object_type=approval.kind, object_id=approval.subject_id,
        detail={
            "approval_id": approval.id, "subject_version": approval.subject_version,
            "proposed_by": approval.proposed_by, "reason": approval.reason,
        },
        at=now,
    )  # fmt: skip


def _is_over(approval: Approval, now: datetime) -> bool:
    return approval.expires_at is not None and approval.expires_at <= now


def _approval(row: Record) -> Approval:
    return Approval(**dict(row))
