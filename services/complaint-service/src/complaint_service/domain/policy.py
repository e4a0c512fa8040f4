"""The handling policy of one version: the routing table, the clock table and the numbers, read from its document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.texts import Text

from complaint_service.domain.clocks import ClockRule, Purpose
from complaint_service.domain.conditions import Condition
from complaint_service.domain.routing import Area, RoutingRule, Start
from complaint_service.domain.spans import Span, Unit
from complaint_service.domain.vocabulary import Channel, ComplaintType, Kind, ServiceTier


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingPolicy:
    """One published version. Numbers of the banks' documents are its values, never constants of the code (CR-14)."""

    version: int
    routes: tuple[RoutingRule, ...]
    clocks: tuple[ClockRule, ...]
    fallback_roles: tuple[str, ...]
    superiors: Mapping[str, tuple[str, ...]]
    quiet_days: int

    def clock(self, code: str) -> ClockRule:
        """The clock rule of that code; KeyError where this version has none."""
        return {rule.code: rule for rule in self.clocks}[code]

    def route(self, code: str) -> RoutingRule:
        """The routing rule of that code; KeyError where this version has none."""
        return {rule.code: rule for rule in self.routes}[code]

    def superiors_of(self, role: str) -> tuple[str, ...]:
        """The roles a breach of that role's handler is reported to, nearest first."""
        return self.superiors.get(role, self.fallback_roles)


def from_document(version: int, document: Mapping[str, Any]) -> HandlingPolicy:
    """The policy a stored document describes. KeyError or ValueError where the document is broken."""
    routes = tuple(_route(row) for row in document["routes"])
    clocks = tuple(_clock(row) for row in document["clocks"])
    for codes in ([r.code for r in routes], [c.code for c in clocks]):
        if len(set(codes)) != len(codes):
            raise ValueError("a code stands twice in the policy")
    return HandlingPolicy(
        version=version,
        routes=routes,
        clocks=clocks,
        fallback_roles=tuple(document["fallback_roles"]),
        superiors={role: tuple(roles) for role, roles in document["superiors"].items()},
        quiet_days=int(document["quiet_days"]),
    )


def _text(row: Mapping[str, Any]) -> Text:
    return Text(en=row["en"], zh=row["zh"])


def _condition(row: Mapping[str, Any]) -> Condition:
    known = {"kinds", "types", "channels", "tiers", "without_client", "round_from", "round_to"}
    unknown = set(row) - known
    if unknown:
        raise ValueError(f"a condition asks for {sorted(unknown)}")
    return Condition(
        kinds=frozenset(map(Kind, row.get("kinds", ()))),
        types=frozenset(map(ComplaintType, row.get("types", ()))),
        channels=frozenset(map(Channel, row.get("channels", ()))),
        tiers=frozenset(map(ServiceTier, row.get("tiers", ()))),
        without_client=bool(row.get("without_client", False)),
        round_from=int(row.get("round_from", 1)),
        round_to=row.get("round_to"),
    )


def _route(row: Mapping[str, Any]) -> RoutingRule:
    return RoutingRule(
        code=row["code"],
        priority=int(row["priority"]),
        condition=_condition(row["when"]),
        roles=tuple(row["roles"]),
        start=Start(row["start"]),
        area=Area(row["area"]),
        requirement=row["requirement"],
        article=row["article"],
        text=_text(row),
        escalates=bool(row.get("escalates", False)),
    )


def _clock(row: Mapping[str, Any]) -> ClockRule:
    spans = tuple(Span(Unit(span["unit"]), int(span["count"])) for span in row["earliest_of"])
    if not spans:
        raise ValueError(f"clock {row['code']} has no span")
    return ClockRule(
        code=row["code"],
        purpose=Purpose(row["purpose"]),
        condition=_condition(row["when"]),
        spans=spans,
        requirement=row["requirement"],
        article=row["article"],
        text=_text(row),
    )
