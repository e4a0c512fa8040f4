"""Whether what is known of a client is complete and fresh (CR-77), and what a verification may say (CR-79)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

from client_registry.domain.information_policy import InformationPolicy
from client_registry.domain.levels import ServiceTier
from client_registry.domain.registration_form import FIELDS

_UNKNOWN = Text(en="The form has no such field.", zh="登记表没有该栏目。")
_TWICE = Text(
    en="A field is either unchanged or changed, named once.", zh="同一栏目只能列出一次，且不能既未变更又已变更。"
)
_NOTHING = Text(en="Nothing stands in this field; fill it in instead.", zh="该栏目尚无内容，请先填写。")
_NO_FIELD = Text(en="Name at least one field.", zh="请至少列出一个栏目。")
MISSING = Text(en="Nothing is on file.", zh="尚未登记。")
STALE = Text(
    en="Last confirmed on {on}; the policy asks for it every {months} months.",
    zh="最近核实于 {on}，政策要求每 {months} 个月核实一次。",
)
DOUBTED = Text(en="The client said on {on} that it has changed.", zh="客户于 {on} 表示该信息已变更。")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldState:
    """One field that the policy weighs: whether it is there, since when it is known, whether that is too long ago."""

    field: str
    weight: int
    months: int | None
    present: bool
    fresh_at: datetime
    stale: bool
    doubted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A file's completeness in percent, rounded down, and what is missing or stale."""

    policy_version: int
    score: int
    complete: bool
    missing: tuple[FieldState, ...]
    stale: tuple[FieldState, ...]


def judge(policy: InformationPolicy, states: Sequence[FieldState]) -> Quality:
    """The share of the weights that is on file. A kind of client for which nothing weighs is complete."""
    whole = sum(state.weight for state in states)
    there = sum(state.weight for state in states if state.present)
    score = 100 if whole == 0 else 100 * there // whole
    return Quality(
        policy_version=policy.version,
        score=score,
        complete=score >= policy.complete_from,
        missing=tuple(state for state in states if not state.present),
        stale=tuple(state for state in states if state.present and (state.stale or state.doubted_at is not None)),
    )


def weight_rows(policy: InformationPolicy) -> list[tuple[str, str, str, int | None, int]]:
    """(kind, tier, field, months until stale, weight) for every kind and tier: a tier without weights of its own has
    those of its kind."""
    rows: list[tuple[str, str, str, int | None, int]] = []
    for kind in sorted({weights.kind for weights in policy.weights}):
        of_kind = {weights.tier: weights.fields for weights in policy.weights if weights.kind == kind}
        for tier in ServiceTier:
            for field, weight in of_kind.get(tier.value, of_kind.get(None, {})).items():
                rows.append((kind, tier.value, field, policy.stale_after_months.get(FIELDS[field].group), weight))
    return rows


def checked_verification(unchanged: Sequence[str], changed: Sequence[str], on_file: Iterable[str]) -> None:
    """Raises Invalid for a field that is not on the form, named twice, or confirmed with nothing on file."""
    known = frozenset(on_file)
    errors: list[FieldError] = []
    if not unchanged and not changed:
        errors.append(FieldError("/unchanged", "verification.no-field", _NO_FIELD))
    named: set[str] = set()
    for part, fields in (("unchanged", unchanged), ("changed", changed)):
        for position, field in enumerate(fields):
            pointer = f"/{part}/{position}"
            if field not in FIELDS:
                errors.append(FieldError(pointer, "field.unknown", _UNKNOWN))
            elif field in named:
                errors.append(FieldError(pointer, "field.twice", _TWICE))
            elif part == "unchanged" and field not in known:
                errors.append(FieldError(pointer, "field.nothing-on-file", _NOTHING))
            named.add(field)
    if errors:
        raise Invalid(errors)
