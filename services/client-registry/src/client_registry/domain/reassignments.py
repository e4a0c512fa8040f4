"""Sharing a leaving manager's clients out among others (CR-43, CR-44): who gets whom, and what it means for each."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from chassis.refusals import RuleBroken
from chassis.texts import Text

from client_registry.domain.hand_overs import RelationshipPolicy


class Rule(StrEnum):
    """How clients are shared out. A client goes only to somebody posted where he is kept or served."""

    BY_NUMBER = "by_number"
    BY_WEIGHT = "by_weight"
    BY_SERVING_UNIT = "by_serving_unit"


class Overtaken(RuleBroken):
    """The preview is no longer what would happen."""

    code = "manager-reassignment.overtaken"
    text = Text(
        en="The clients have changed since the preview: {added} came, {gone} left, {changed} changed tier, assets or "
        "place. Ask for a new preview.",
        zh="预览后客户已有变化：新增 {added} 户，减少 {gone} 户，{changed} 户的层级、资产或机构有变。请重新预览。",
    )


class ReceiverLeft(RuleBroken):
    """Somebody of the preview holds no manager's post any more."""

    code = "manager-reassignment.receiver-left"
    text = Text(
        en="{count} of the receivers hold no manager's post any more. Ask for a new preview.",
        zh="有 {count} 名接收人已不在客户经理岗位，请重新预览。",
    )


class AlreadyConfirmed(RuleBroken):
    """A preview is confirmed once."""

    code = "manager-reassignment.confirmed"
    text = Text(en="This reassignment is confirmed already.", zh="该批量调整已确认。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Movable:
    """A client on the way, as far as sharing out looks at him."""

    id: UUID
    home_unit_id: UUID
    serving_unit_ids: tuple[UUID, ...]
    service_tier: str
    asset_band: str | None

    def line(self) -> str:
        """What a digest sees of him: when this changes, the preview is overtaken."""
        return f"{self.id}|{self.home_unit_id}|{sorted(self.serving_unit_ids)}|{self.service_tier}|{self.asset_band}"


@dataclass(frozen=True, slots=True)
class Book:
    """How many clients of which tier and band somebody looks after."""

    counts: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    def weight(self, rule: Rule, policy: RelationshipPolicy) -> int:
        """What the rule balances: the number of clients, or their tiers' weights."""
        if rule is Rule.BY_NUMBER:
            return self.counts.total()
        return sum(policy.tier_weights.get(tier, 1) * number for (tier, _), number in self.counts.items())

    def changed(self, *, came: Sequence[Movable] = (), left: Sequence[Movable] = ()) -> "Book":
        """The book after clients came and left."""
        after = self.counts + Counter((each.service_tier, each.asset_band) for each in came)
        return Book(after - Counter((each.service_tier, each.asset_band) for each in left))

    def stated(self, policy: RelationshipPolicy) -> dict[str, Any]:
        """Clients by tier, and the contacts a week that the floors of EN-1 and EN-2 ask for."""
        tiers: Counter[str] = Counter()
        contacts = Decimal(0)
        for (tier, band), number in self.counts.items():
            tiers[tier] += number
            contacts += policy.weekly_contacts.get(band or "", Decimal(0)) * number
        return {
            "clients": self.counts.total(),
            "by_tier": dict(sorted(tiers.items())),
            "weekly_contacts": f"{contacts:.1f}",
        }


def share_out(
    clients: Sequence[Movable],
    posts: Mapping[str, frozenset[UUID]],
    books: Mapping[str, Book],
    rule: Rule,
    policy: RelationshipPolicy,
) -> dict[UUID, str]:
    """Who gets whom; a client whom nobody may get is not in it and stays.

    The heaviest clients are given first, each to whoever has least by then; ties go by the id, so that the same
    question has the same answer.
    """
    load = {subject: books.get(subject, Book()).weight(rule, policy) for subject in sorted(posts)}

    def weight(client: Movable) -> int:
        return 1 if rule is Rule.BY_NUMBER else policy.tier_weights.get(client.service_tier, 1)

    given: dict[UUID, str] = {}
    for client in sorted(clients, key=lambda each: (-weight(each), each.id)):
        able = _able(client, posts, rule)
        if able:
            chosen = min(able, key=lambda subject: (load[subject], subject))
            load[chosen] += weight(client)
            given[client.id] = chosen
    return given


def _able(client: Movable, posts: Mapping[str, frozenset[UUID]], rule: Rule) -> list[str]:
    at_home = [subject for subject, units in posts.items() if client.home_unit_id in units]
    if rule is not Rule.BY_SERVING_UNIT:
        return at_home
    return [subject for subject, units in posts.items() if units.intersection(client.serving_unit_ids)] or at_home


def digest(clients: Sequence[Movable], given: Mapping[UUID, str], rule: Rule) -> bytes:
    """One print of everything a preview rests on."""
    lines = [f"{each.line()}|{given.get(each.id, '')}" for each in sorted(clients, key=lambda each: each.id)]
    return hashlib.sha256("\n".join([rule.value, *lines]).encode()).digest()
