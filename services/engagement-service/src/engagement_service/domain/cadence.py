"""Contact cadence: which floor applies to a client, and why (EN-1…EN-7, A6, A7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engagement_service.domain.intervals import Interval, after, stricter

# What the client may wish on the registration form, survey 1 (EN-7). "Any time when necessary" sets no interval.
WISHES: Mapping[str, Interval | None] = {
    "monthly": Interval.MONTH,
    "quarterly": Interval.QUARTER,
    "half_yearly": Interval.HALF_YEAR,
    "yearly": Interval.YEAR,
    "any_time": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """One line of a cadence policy: clients whose ``attribute`` equals ``value`` are contacted once per ``interval``."""

    rule: str
    attribute: str
    value: str
    interval: Interval
    article: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Floor":
        return cls(
            rule=row["rule"],
            attribute=row["attribute"],
            value=row["value"],
            interval=Interval(row["interval"]),
            article=row["article"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CadencePolicy:
    """A version of the bank's contact floors."""

    version: int
    valid_from: date
    floors: tuple[Floor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """What the cadence of one client depends on; a copy of what the registry told us."""

    asset_band: str | None = None
    value_class: str | None = None
    wished_interval: str | None = None

    def attribute(self, name: str) -> str | None:
        return {"asset_band": self.asset_band, "value_class": self.value_class}.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """The decision: the interval that holds, the rule that won, the rules that lost, and whether the wish is stricter."""

    interval: Interval
    rule: str
    article: str
    losing: tuple[Floor, ...]
    wish_conflicts: bool
    policy_version: int

    def latest_on(self, counted_from: date) -> date:
        return after(counted_from, self.interval)


WISH_RULE = "EN-7"
WISH_ARTICLE = "CCB Annex 2, survey 1"


def decide_cadence(client: Relationship, policy: CadencePolicy) -> Cadence | None:
    """The strictest floor that applies, or None where neither policy nor wish asks for contact (A7).

    A wish for more frequent contact than every floor wins; a wish for less than the floor does not lower it, it is shown
    as a conflict that a supervisor may waive (A6).
    """
    applying = sorted(
        (floor for floor in policy.floors if client.attribute(floor.attribute) == floor.value),
        key=lambda floor: (tuple(Interval).index(floor.interval), floor.rule),
    )
    wish = WISHES.get(client.wished_interval) if client.wished_interval else None
    if not applying:
        return _by_wish(wish, (), policy) if wish else None
    winner = applying[0]
    if wish and stricter(wish, winner.interval):
        return _by_wish(wish, tuple(applying), policy)
    return Cadence(
        interval=winner.interval,
        rule=winner.rule,
        article=winner.article,
        losing=tuple(applying[1:]),
        wish_conflicts=wish is not None and stricter(winner.interval, wish),
        policy_version=policy.version,
    )


def _by_wish(wish: Interval, losing: Sequence[Floor], policy: CadencePolicy) -> Cadence:
    return Cadence(
        interval=wish,
        rule=WISH_RULE,
        article=WISH_ARTICLE,
        losing=tuple(losing),
        wish_conflicts=False,
        policy_version=policy.version,
    )
