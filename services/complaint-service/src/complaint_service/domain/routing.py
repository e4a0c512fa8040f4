"""Who handles a case: a decision table over tier, channel, type and kind, then a climb of the organisation tree.

The table is versioned data. The winner is the matching rule of the highest priority; the matching rules that lost stay
visible. The route is then resolved to a person: the unit that keeps the client first, then each ancestor, each unit
together with its own departments; at every step the roles in the rule's order, and of several people the one with the
fewest open cases.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from chassis.texts import Text

from complaint_service.domain.conditions import Condition, Situation


class Start(StrEnum):
    """Where the climb begins: at the client's home unit, or at the outlet the case is about."""

    HOME = "home"
    OUTLET = "outlet"


class Area(StrEnum):
    """Where people are looked for: up the line, from the first-level branch up, or in the whole bank."""

    LINE = "line"
    PROVINCE = "province"
    BANK = "bank"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """One row of the table. `escalates` reports the case to the handler's superior at once (CM-31)."""

    code: str
    priority: int
    condition: Condition
    roles: tuple[str, ...]
    start: Start
    area: Area
    requirement: str
    article: str
    text: Text
    escalates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The rule that won, and the ones that matched too and lost by priority."""

    winner: RoutingRule
    losers: tuple[RoutingRule, ...]
    policy_version: int
    situation: Situation


class NoRule(ValueError):
    """No row of the table speaks for this case: the published policy has a hole."""


def decide(rules: tuple[RoutingRule, ...], situation: Situation, *, policy_version: int) -> Decision:
    """The winning rule and its losers, highest priority first. Raises `NoRule` where none matches."""
    matching = sorted((r for r in rules if r.condition.holds(situation)), key=lambda rule: (-rule.priority, rule.code))
    if not matching:
        raise NoRule(f"policy {policy_version} has no route for {situation}")
    winner, *losers = matching
    return Decision(winner=winner, losers=tuple(losers), policy_version=policy_version, situation=situation)


def ties(rules: tuple[RoutingRule, ...], situation: Situation) -> tuple[str, ...]:
    """Codes of the rules that share the highest matching priority, where there are several: a conflict to settle."""
    matching = [rule for rule in rules if rule.condition.holds(situation)]
    top = max((rule.priority for rule in matching), default=0)
    tied = tuple(sorted(rule.code for rule in matching if rule.priority == top))
    return tied if len(tied) > 1 else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of the organisation as far as routing needs it."""

    id: UUID
    path: str
    kind: str
    parent_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A person who holds a wanted role at a unit today, and how many open cases that person has."""

    subject: str
    role: str
    unit_id: UUID
    open_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Where a case goes: role and unit always where the tree is known, the person where one was found.

    `climbed` lists the units passed over before; `rule` is the rule whose roles were found, None for the policy's
    fallback roles; `fallback` says that the winning rule's own roles were found nowhere.
    """

    role: str
    unit_id: UUID | None
    handler: str | None
    climbed: tuple[UUID, ...] = ()
    rule: str | None = None
    fallback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The units from the start up to head office, with the departments that belong to each."""

    units: tuple[Unit, ...]
    departments: Mapping[UUID, tuple[UUID, ...]] = field(default_factory=dict)

    def from_province(self) -> "Line":
        """The same line from the first-level branch upward."""
        upper = [u for u in self.units if u.kind in ("first_level_branch", "head_office")]
        return Line(units=tuple(upper), departments=self.departments)

    def above(self, unit_id: UUID) -> "Line":
        """The same line starting above a unit: the way to a superior."""
        ids = [unit.id for unit in self.units]
        cut = ids.index(unit_id) + 1 if unit_id in ids else 0
        return Line(units=self.units[cut:], departments=self.departments)


def resolve(
    decision: Decision,
    lines: Mapping[Start, Line],
    candidates: tuple[Candidate, ...],
    *,
    fallback_roles: tuple[str, ...],
    excluded: frozenset[str] = frozenset(),
) -> Assignment:
    """The person for a decision. Where nobody holds the winner's roles anywhere, the rules that lost are asked in
    turn, then the policy's fallback roles; nobody there either: the case waits without a handler, and says so."""
    open_to = tuple(c for c in candidates if c.subject not in excluded)
    for rule in (decision.winner, *decision.losers):
        found = _for_rule(rule, lines[rule.start], open_to)
        if found.handler is not None:
            return replace(found, rule=rule.code, fallback=rule is not decision.winner)
    line = lines[decision.winner.start]
    return replace(climb(line, fallback_roles, open_to), fallback=True)


def _for_rule(rule: RoutingRule, line: Line, candidates: tuple[Candidate, ...]) -> Assignment:
    if rule.area is Area.BANK:
        found = _best(rule.roles, candidates, None)
        return (
            Assignment(role=found.role, unit_id=found.unit_id, handler=found.subject)
            if found
            else Assignment(role=rule.roles[0], unit_id=None, handler=None)
        )
    return climb(line.from_province() if rule.area is Area.PROVINCE else line, rule.roles, candidates)


def climb(line: Line, roles: tuple[str, ...], candidates: tuple[Candidate, ...]) -> Assignment:
    """The nearest person with one of the roles; where there is none, the first role at the top of the line."""
    passed: list[UUID] = []
    for unit in line.units:
        places = {unit.id, *line.departments.get(unit.id, ())}
        found = _best(roles, candidates, places)
        if found:
            return Assignment(role=found.role, unit_id=found.unit_id, handler=found.subject, climbed=tuple(passed))
        passed.append(unit.id)
    return Assignment(role=roles[0], unit_id=passed[-1] if passed else None, handler=None, climbed=tuple(passed))


def _best(roles: tuple[str, ...], candidates: tuple[Candidate, ...], places: set[UUID] | None) -> Candidate | None:
    here = [c for c in candidates if c.role in roles and (places is None or c.unit_id in places)]
    return min(here, key=lambda c: (roles.index(c.role), c.open_cases, c.subject), default=None)
