"""The list of key corporate-finance clients (公司VIP; CR-22, CR-24, BOC-S Art. 27): an entry for a time, of two persons."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.events import ClientDowngraded, ClientUpgraded
from client_registry.domain.levels import ServiceTier
from client_registry.domain.qualification import Standing
from client_registry.domain.standing_policy import StandingPolicy, months_later

TIER = ServiceTier.CORPORATE_VIP
# Stated limit: what one import proposes in one transaction.
IMPORT_MAX = 200


class EntryStatus(StrEnum):
    """The life of an entry."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"


class EntryRefusal(StrEnum):
    """Why the second person says no."""

    NOT_KEY_CLIENT = "not_key_client"
    EVIDENCE_MISSING = "evidence_missing"
    RISK = "risk"


class ListedAlready(RuleBroken):
    """Two entries of one client never run on the same day."""

    code = "corporate-vip.listed"
    text = Text(en="The client is on the list from {first} to {last}.", zh="该客户已在名单内（{first} 至 {last}）。")


class EntryDecided(RuleBroken):
    """It was approved, refused or has ended."""

    code = "corporate-vip.decided"
    text = Text(en="This entry was decided before.", zh="该名单条目已办结。")


class EntryNotRunning(RuleBroken):
    """Only an approved entry is ended."""

    code = "corporate-vip.not-running"
    text = Text(en="Only an approved entry is ended.", zh="仅可终止已核准的名单条目。")


_REVERSED = Text(en="The last day lies before the first.", zh="失效日期早于生效日期。")
_PAST = Text(en="The last day is over.", zh="失效日期已过。")
_LATE = Text(en="An entry begins on {begins} at the latest.", zh="该条目最晚须于 {begins} 生效。")
_FAR = Text(en="An entry runs until {until} at most.", zh="该条目最晚有效期至 {until}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One client on the list, from a day to a day."""

    id: UUID
    client_id: UUID
    evidence_no: str
    valid_from: date
    valid_until: date
    status: EntryStatus
    proposed_by: str
    proposed_at: datetime
    version: int
    tier_before: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    refusal: str | None = None
    ended_on: date | None = None
    ended_by: str | None = None

    @property
    def last_day(self) -> date:
        """Its own last day, or the one it was ended with."""
        return self.valid_until if self.ended_on is None else min(self.valid_until, self.ended_on)

    def runs_on(self, day: date) -> bool:
        """Whether it was approved and holds on that day."""
        return self.status is EntryStatus.APPROVED and self.valid_from <= day <= self.last_day

    def falls_on(self, policy: StandingPolicy) -> date:
        """The first day without the tier: the day after the last one and the policy's grace."""
        return self.last_day + timedelta(days=1 + policy.corporate_vip_grace_days)

    def approve(self, *, by: str, at: datetime) -> Self:
        """The second person's yes."""
        return self._decided(EntryStatus.APPROVED, by=by, at=at)

    def refuse(self, reason: EntryRefusal, *, by: str, at: datetime) -> Self:
        """The second person's no."""
        return replace(self._decided(EntryStatus.REFUSED, by=by, at=at), refusal=reason.value)

    def stop(self, *, last_day: date, by: str) -> Self:
        """Ended before its time; the sweep takes the tier. Raises EntryNotRunning."""
        if self.status is not EntryStatus.APPROVED or self.ended_on is not None:
            raise EntryNotRunning()
        return replace(self, ended_on=last_day, ended_by=by, version=self.version + 1)

    def close(self) -> Self:
        """Over for good."""
        return replace(self, status=EntryStatus.ENDED, ended_on=self.last_day, version=self.version + 1)

    def _decided(self, status: EntryStatus, *, by: str, at: datetime) -> Self:
        if self.status is not EntryStatus.PROPOSED:
            raise EntryDecided()
        return replace(self, status=status, decided_by=by, decided_at=at, version=self.version + 1)


def check_days(valid_from: date, valid_until: date, *, today: date, policy: StandingPolicy) -> None:
    """Raises Invalid for reversed days, a last day that is over, a run that begins or ends beyond the policy's longest."""
    if valid_until < valid_from:
        raise Invalid([FieldError("/valid_until", "corporate-vip.dates-reversed", _REVERSED)])
    if valid_until < today:
        raise Invalid([FieldError("/valid_until", "corporate-vip.past", _PAST)])
    begins = months_later(today, policy.corporate_vip_months_max)
    if valid_from > begins:
        named = {"begins": begins.isoformat()}
        raise Invalid([FieldError("/valid_from", "corporate-vip.begins-too-late", _LATE, named)])
    latest = months_later(valid_from, policy.corporate_vip_months_max)
    if valid_until > latest:
        named = {"until": latest.isoformat()}
        raise Invalid([FieldError("/valid_until", "corporate-vip.too-long", _FAR, named)])


def check_free(entry: Entry, others: Iterable[Entry]) -> None:
    """Raises ListedAlready where an approved entry of the client has a day in common."""
    for other in others:
        if other.id == entry.id or other.status is not EntryStatus.APPROVED:
            continue
        if other.valid_from <= entry.valid_until and entry.valid_from <= other.last_day:
            raise ListedAlready(first=other.valid_from.isoformat(), last=other.last_day.isoformat())


def risen(standing: Standing, entry: Entry, *, policy: StandingPolicy, at: datetime, today: date) -> ClientUpgraded:
    """The tier is given by the list (CR-24); the card level stays."""
    return ClientUpgraded(
        at=at,
        version=standing.version + 1,
        client_id=standing.client_id,
        card_level_from=standing.card_level.value,
        card_level_to=standing.card_level.value,
        service_tier_from=standing.service_tier,
        service_tier_to=TIER.value,
        cause="corporate_list",
        decision_id=entry.id,
        policy_version=f"corporate-vip/{policy.version}",
        home_unit_id=standing.home_unit_id,
        effective_on=today,
    )


def fallen(
    standing: Standing, entry: Entry, *, to: ServiceTier, policy: StandingPolicy, at: datetime, today: date
) -> ClientDowngraded:
    """The entry is over; what the figures and products give is what stands."""
    return ClientDowngraded(
        at=at,
        version=standing.version + 1,
        client_id=standing.client_id,
        card_level_from=standing.card_level.value,
        card_level_to=standing.card_level.value,
        service_tier_from=standing.service_tier,
        service_tier_to=to.value,
        cause="ended",
        decision_id=entry.id,
        policy_version=f"corporate-vip/{policy.version}",
        home_unit_id=standing.home_unit_id,
        effective_on=today,
    )
