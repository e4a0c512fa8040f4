"""Negative conditions of a standard (CR-8, CR-18): what speaks against a client whatever his figures say.

None stands in the standards that come with the registry: there a bad repayment record belongs to the loan criterion
alone. Each is a policy value with its article. Only what is known vetoes; what was not reported does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chassis.refusals import FieldError
from chassis.texts import Text

from client_registry.domain.bank_reports import RiskEventKind
from client_registry.domain.circumstances import Circumstances, RiskEvent
from client_registry.domain.figures import Metrics, Repayment

MONTHS_MAX = 60
DAYS_MAX = 9_999
# What may stand against a client; a cure is no harm, and the days of an overdue are said of an overdue only.
EVENT_KINDS = tuple(kind.value for kind in RiskEventKind if kind is not RiskEventKind.CURED)
_COUNTED_IN_DAYS = frozenset({RiskEventKind.LOAN_OVERDUE.value, RiskEventKind.CARD_OVERDUE.value})


class VetoKind(StrEnum):
    """What is looked at."""

    BAD_REPAYMENT = "bad_repayment"
    RISK_EVENT = "risk_event"


REASONS = {VetoKind.BAD_REPAYMENT: "veto-bad-repayment", VetoKind.RISK_EVENT: "veto-risk-event"}

_KIND_UNKNOWN = Text(en="No such negative condition; known are {kinds}.", zh="没有此否决条件，可用：{kinds}。")
_TWICE = Text(en="This negative condition stands there twice.", zh="否决条件重复。")
_EVENTS_MISSING = Text(en="Say which risk events count.", zh="须列明计入的风险事件种类。")
_EVENT_UNKNOWN = Text(en="No such risk event; known are {kinds}.", zh="没有此风险事件，可用：{kinds}。")
_MONTHS = Text(en="Say within how many months, from 1 to {most}.", zh="须列明追溯月数，1 至 {most} 个月。")
_NOT_FOR_REPAYMENT = Text(
    en="A bad repayment record has its own period (24 months, 30 days); this belongs to risk events.",
    zh="还款不良记录按固定口径（24 个月、30 天）认定，此参数仅用于风险事件。",
)
_DAYS = Text(en="Days overdue go from 1 to {most}.", zh="逾期天数须为 1 至 {most}。")
_DAYS_OF_OVERDUE = Text(
    en="Days overdue are told of loan_overdue and card_overdue only; take the other kinds out or into a condition of "
    "their own.",
    zh="逾期天数仅适用于 loan_overdue、card_overdue，其他事件种类请另列条件。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto:
    """One negative condition. `within_months` and `event_kinds` belong to risk events alone."""

    kind: str
    event_kinds: tuple[str, ...] = ()
    within_months: int | None = None
    days_overdue_min: int | None = None
    article: str = ""

    def is_covered_by(self, other: "Veto") -> bool:
        """Whether whoever is refused by this one is refused by the other too."""
        if self.kind != other.kind:
            return False
        if self.kind == VetoKind.BAD_REPAYMENT:
            return True
        longer = (other.within_months or 0) >= (self.within_months or 0)
        return (
            set(self.event_kinds) <= set(other.event_kinds)
            and longer
            and (other.days_overdue_min or 0) <= (self.days_overdue_min or 0)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetoed:
    """A negative condition that holds, and the event it holds by."""

    veto: Veto
    reason: str
    event: RiskEvent | None


def standing_against(vetoes: Sequence[Veto], metrics: Metrics, known: Circumstances) -> tuple[Vetoed, ...]:
    """The negative conditions that hold against a client."""
    found: list[Vetoed] = []
    for veto in vetoes:
        if veto.kind == VetoKind.BAD_REPAYMENT:
            if metrics.repayment is Repayment.NOT_CLEAN:
                found.append(Vetoed(veto=veto, reason=REASONS[VetoKind.BAD_REPAYMENT], event=None))
            continue
        event = known.latest_event(
            veto.event_kinds, within_months=veto.within_months or 0, days_overdue_min=veto.days_overdue_min
        )
        if event is not None:
            found.append(Vetoed(veto=veto, reason=REASONS[VetoKind.RISK_EVENT], event=event))
    return tuple(found)


def veto_errors(vetoes: Sequence[Veto]) -> list[FieldError]:
    """What is wrong with the negative conditions of a draft; empty where nothing is."""
    errors: list[FieldError] = []
    for n, veto in enumerate(vetoes):
        at = f"/vetoes/{n}"
        if veto.kind not in set(VetoKind):
            named = {"kinds": ", ".join(VetoKind)}
            errors.append(FieldError(f"{at}/kind", "veto.kind-unknown", _KIND_UNKNOWN, named))
        elif veto.kind == VetoKind.BAD_REPAYMENT:
            errors.extend(_of_repayment(veto, at))
        else:
            errors.extend(_of_events(veto, at))
        if _said(veto) in [_said(before) for before in vetoes[:n]]:
            errors.append(FieldError(at, "veto.twice", _TWICE))
    return errors


def _of_repayment(veto: Veto, at: str) -> list[FieldError]:
    given = {
        "event_kinds": bool(veto.event_kinds),
        "within_months": veto.within_months is not None,
        "days_overdue_min": veto.days_overdue_min is not None,
    }
    return [
        FieldError(f"{at}/{name}", "veto.not-for-repayment", _NOT_FOR_REPAYMENT)
        for name, there in given.items()
        if there
    ]


def _of_events(veto: Veto, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if not veto.event_kinds:
        errors.append(FieldError(f"{at}/event_kinds", "veto.events-missing", _EVENTS_MISSING))
    for i, kind in enumerate(veto.event_kinds):
        if kind not in EVENT_KINDS:
            named = {"kinds": ", ".join(EVENT_KINDS)}
            errors.append(FieldError(f"{at}/event_kinds/{i}", "veto.event-unknown", _EVENT_UNKNOWN, named))
    if veto.within_months is None or not 1 <= veto.within_months <= MONTHS_MAX:
        errors.append(FieldError(f"{at}/within_months", "veto.months", _MONTHS, {"most": MONTHS_MAX}))
    if veto.days_overdue_min is not None:
        if not 1 <= veto.days_overdue_min <= DAYS_MAX:
            errors.append(FieldError(f"{at}/days_overdue_min", "veto.days", _DAYS, {"most": DAYS_MAX}))
        elif not set(veto.event_kinds) <= _COUNTED_IN_DAYS:
            errors.append(FieldError(f"{at}/days_overdue_min", "veto.days-contradict", _DAYS_OF_OVERDUE))
    return errors


def _said(veto: Veto) -> tuple[str, frozenset[str], int | None, int | None]:
    return veto.kind, frozenset(veto.event_kinds), veto.within_months, veto.days_overdue_min
