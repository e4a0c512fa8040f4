"""How a membership ends: the client leaves, the bank ends what it admitted, the client has died (CR-3)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from client_registry.domain.events import ClientDowngraded
from client_registry.domain.levels import CardLevel
from client_registry.domain.qualification import Standing
from client_registry.domain.standing_events import MembershipEnded


class EndingCause(StrEnum):
    """Why a membership ends: the client's own wish, the bank's act, a death."""

    LEFT = "left"
    ENDED = "ended"
    DEATH = "death"


class NoSuchMembership(RuleBroken):
    """The membership has ended before, or another one stands."""

    code = "membership.not-standing"
    text = Text(en="This membership does not stand any more.", zh="该会员资格已终止。")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingMembership:
    """The one membership that stands."""

    id: UUID
    level: CardLevel
    decision_id: UUID
    policy_version: str


def end(
    standing: Standing, membership: StandingMembership, *, cause: EndingCause, at: datetime, today: date
) -> tuple[MembershipEnded, ClientDowngraded | None]:
    """What leaving says (domain decisions, section 1): the card level falls to none in the same moment."""
    version = standing.version + 1
    ended = MembershipEnded(
        at=at, version=version, client_id=standing.client_id, membership_id=membership.id,
        level=membership.level.value, cause=cause.value, decision_id=membership.decision_id, ended_on=today,
    )  # fmt: skip
    if standing.card_level is CardLevel.NONE:
        return ended, None
    return ended, lowered(
        standing,
        to=CardLevel.NONE,
        cause="left" if cause is EndingCause.LEFT else "ended",
        decision_id=membership.decision_id,
        policy_version=membership.policy_version,
        at=at,
        today=today,
    )


def lowered(
    standing: Standing,
    *,
    to: CardLevel,
    cause: str,
    decision_id: UUID,
    policy_version: str,
    at: datetime,
    today: date,
) -> ClientDowngraded:
    """The card level came down to `to`; the service tier stays."""
    return ClientDowngraded(
        at=at,
        version=standing.version + 1,
        client_id=standing.client_id,
        card_level_from=standing.card_level.value,
        card_level_to=to.value,
        service_tier_from=standing.service_tier,
        service_tier_to=standing.service_tier,
        cause=cause,
        decision_id=decision_id,
        policy_version=policy_version,
        home_unit_id=standing.home_unit_id,
        effective_on=today,
    )
