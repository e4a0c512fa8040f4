"""Handing a client over from one manager to another, and the record between posts (CR-43, CR-44, XC-23)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from chassis.calendar import WorkingCalendar
from chassis.clock import SHANGHAI, business_day
from chassis.refusals import RuleBroken
from chassis.texts import Text


class HandOverStatus(StrEnum):
    """How far a hand-over has come. Only a proposed one can still be answered."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    # The client got a manager in another way while the receiver was still thinking.
    OVERTAKEN = "overtaken"


class RefusalReason(StrEnum):
    """Why a receiver does not take a client on; codes only, so that the record says nothing about the client."""

    WORKLOAD = "workload"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    INCOMPLETE = "incomplete"
    NOT_MY_FIELD = "not_my_field"


class NoManagerYet(RuleBroken):
    """There is nobody who could hand over: a first manager is assigned directly."""

    code = "hand-over.no-manager"
    text = Text(
        en="The client has no manager yet; assign one directly.", zh="该客户尚无客户经理，请直接指派。"
    )  # fmt: skip


class SameManager(RuleBroken):
    """The client already has this manager."""

    code = "hand-over.same-manager"
    text = Text(en="The client already has this manager.", zh="该人员已是该客户的客户经理。")


class SamePerson(RuleBroken):
    """A hand-over bears two signatures of two people (XC-23)."""

    code = "hand-over.same-person"
    text = Text(
        en="Giving and receiving are signed by two different people.", zh="移交与接收须由两人分别签署。"
    )  # fmt: skip


class HandOverPending(RuleBroken):
    """One open hand-over a client."""

    code = "hand-over.pending"
    text = Text(
        en="A hand-over of this client still waits for an answer.", zh="该客户已有待接收的移交，请先办结。"
    )  # fmt: skip


class HandOverAnswered(RuleBroken):
    """It was accepted, refused, withdrawn or overtaken before."""

    code = "hand-over.answered"
    text = Text(en="This hand-over is {status} already.", zh="该移交已办结（{status}）。")


class HandOverNeeded(RuleBroken):
    """A manager who holds his post hands over; nobody takes a client from him without a signature (XC-23)."""

    code = "manager.hand-over-needed"
    text = Text(
        en="The client has a manager at his post: propose a hand-over instead.",
        zh="该客户现任客户经理在岗，请发起客户移交。",
    )


class ReceiverNotThere(RuleBroken):
    """The client or the receiver has moved since the proposal."""

    code = "hand-over.receiver-not-there"
    text = Text(
        en="You are no client manager at the unit that keeps this client's file.",
        zh="您未在该客户归属机构担任客户经理。",
    )


class AlreadySigned(RuleBroken):
    """A record bears each signature once."""

    code = "post-hand-over.signed"
    text = Text(en="This part is signed already.", zh="该交接记录的本方已签署。")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipPolicy:
    """A version of the bank's choices about managers; the documents leave them open, so they are data."""

    version: int
    hand_over_answer_working_days: int
    manager_due_working_days: int
    managed_tiers: tuple[str, ...]
    tier_weights: Mapping[str, int]
    weekly_contacts: Mapping[str, Decimal]
    article: str

    @classmethod
    def from_document(cls, version: int, article: str, document: Mapping[str, Any]) -> Self:
        """The policy as its row states it."""
        return cls(
            version=version,
            article=article,
            hand_over_answer_working_days=document["hand_over_answer_working_days"],
            manager_due_working_days=document["manager_due_working_days"],
            managed_tiers=tuple(document["managed_tiers"]),
            tier_weights=dict(document["tier_weights"]),
            weekly_contacts={band: Decimal(number) for band, number in document["weekly_contacts"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """One client on the way from one manager to another; the old one stays responsible until it is accepted."""

    id: UUID
    client_id: UUID
    from_manager: str
    to_manager: str
    unit_id: UUID
    status: HandOverStatus
    proposed_by: str
    proposed_at: datetime
    answered_by: str | None = None
    answered_at: datetime | None = None
    refusal: RefusalReason | None = None
    version: int = 1

    def accept(self, by: str, *, at: datetime) -> Self:
        """The receiver signs. Raises HandOverAnswered, SamePerson."""
        if by == self.proposed_by:
            raise SamePerson()
        return self._answered(HandOverStatus.ACCEPTED, by, at)

    def refuse(self, by: str, reason: RefusalReason, *, at: datetime) -> Self:
        """The receiver does not take the client. Raises HandOverAnswered."""
        return replace(self._answered(HandOverStatus.REFUSED, by, at), refusal=reason)

    def withdraw(self, by: str, *, at: datetime) -> Self:
        """It was not meant so. Raises HandOverAnswered."""
        return self._answered(HandOverStatus.WITHDRAWN, by, at)

    def _answered(self, status: HandOverStatus, by: str, at: datetime) -> Self:
        if self.status is not HandOverStatus.PROPOSED:
            raise HandOverAnswered(status=self.status.value)
        return replace(self, status=status, answered_by=by, answered_at=at, version=self.version + 1)


def propose(
    *, hand_over_id: UUID, client_id: UUID, manager: str | None, to: str, unit_id: UUID, by: str, at: datetime
) -> HandOver:
    """A new hand-over. Raises NoManagerYet, SameManager, SamePerson."""
    if manager is None:
        raise NoManagerYet()
    if manager == to:
        raise SameManager()
    if by == to:
        raise SamePerson()
    return HandOver(
        id=hand_over_id, client_id=client_id, from_manager=manager, to_manager=to, unit_id=unit_id,
        status=HandOverStatus.PROPOSED, proposed_by=by, proposed_at=at,
    )  # fmt: skip


def end_of_working_day(start: datetime, count: int, calendar: WorkingCalendar) -> datetime:
    """The instant at which the `count`-th working day after `start` is over in Shanghai."""
    last: date = calendar.add_working_days(business_day(start), count)
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=SHANGHAI)
