"""Shapes of entitlements on the wire: typed limits, conditions and reasons in both languages."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.texts import Text
from chassis.validation_texts import field_refusal
from pydantic import Field, model_validator

from client_registry.domain.branch_entitlements import BranchEntitlement
from client_registry.domain.entitlement_decisions import REASONS, Decided
from client_registry.domain.entitlements import (
    CONDITION_TEXTS,
    Condition,
    Entitlement,
    Family,
    Limits,
    LocalEntitlement,
)
from client_registry.domain.service_rules import read_limits, write_limits

_AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,2})?$"


class LimitsBody(Input):
    """Typed limits; what is not stated is no discount, no upper bound, no promise in minutes."""

    discount_percent: str | None = Field(default=None, pattern=r"^(100|[0-9]{1,2}(\.[0-9]{1,2})?)$")
    amount_max: str | None = described(en="Yuan each time", zh="单次金额上限（元）", default=None, pattern=_AMOUNT)
    count_max: int | None = Field(default=None, ge=0, le=10_000)
    period: Literal["day", "month", "quarter", "year"] | None = None
    minutes_max: int | None = Field(default=None, ge=0, le=10_000)

    @model_validator(mode="after")
    def _count_and_period(self) -> Self:
        if (self.count_max is None) != (self.period is None):
            raise field_refusal(
                "limit.count-and-period",
                en="Give count_max and period together.",
                zh="count_max 与 period 须同时填写。",
            )
        return self

    def limits(self) -> Limits:
        """The value."""
        return read_limits(self.model_dump(exclude_none=True))


class LimitsView(Output):
    """Typed limits."""

    discount_percent: str | None = None
    amount_max: str | None = None
    count_max: int | None = None
    period: str | None = None
    minutes_max: int | None = None


class ConditionView(Output):
    """What to check before the service is given."""

    code: Condition
    text_zh: str
    text_en: str


class EntitlementView(Output):
    """One item of the catalogue; `limits` are null where its standards are not told to this caller (CR-93)."""

    code: str
    family: Family
    article: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    limits: dict[str, LimitsView] | None
    tiers: list[str]
    conditions: list[ConditionView]
    not_away: bool
    visibility: str
    status: str
    effective_on: date


class CatalogueView(Output):
    """The version of the catalogue that is in force."""

    catalogue_version: int
    items: list[EntitlementView]
    next_cursor: str | None = None


class CheckView(Output):
    """Yes or no, how much, what to check, and why in both languages."""

    decision_id: UUID
    code: str
    allowed: bool
    level: str | None
    place_rule: str | None
    limits: LimitsView | None
    conditions: list[ConditionView]
    reason: str
    why_zh: str
    why_en: str
    article: str
    catalogue_version: int
    branch_entitlement_id: UUID | None


class HeldView(Output):
    """One service the client has at this place."""

    code: str
    family: Family
    title_zh: str
    title_en: str
    level: str
    limits: LimitsView
    conditions: list[ConditionView]
    reason: str
    why_zh: str
    why_en: str
    article: str
    branch_entitlement_id: UUID | None


class HeldListView(Output):
    """All of them, here and now."""

    client_id: UUID
    unit_id: UUID
    items: list[HeldView]
    next_cursor: str | None = None


class ProposeBranchEntitlement(Input):
    """A service of the branch's own, other limits for its branch level, or a later start of a catalogue service."""

    unit_id: UUID
    kind: Literal["addition", "override", "rollout"]
    code: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)
    family: Family | None = None
    title_zh: str | None = Field(default=None, min_length=1, max_length=60, pattern=r"\S")
    title_en: str | None = Field(default=None, min_length=1, max_length=120, pattern=r"\S")
    text_zh: str | None = Field(default=None, min_length=1, max_length=500, pattern=r"\S")
    text_en: str | None = Field(default=None, min_length=1, max_length=1000, pattern=r"\S")
    limits: LimitsBody = LimitsBody()
    conditions: list[Condition] = Field(default=[Condition.VALID_ID], max_length=6)
    not_away: bool = False
    plan: str | None = described(
        en="Plan, cost and benefit (CR-92)", zh="推广计划、成本与效益（CR-92）", default=None, max_length=2000
    )
    effective_on: date
    effective_until: date | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        own = (self.family, self.title_zh, self.title_en, self.text_zh, self.text_en)
        if self.kind == "addition" and None in own:
            raise field_refusal(
                "entitlement.addition-incomplete",
                en="An addition needs family, title and text in both languages.",
                zh="新增服务须填写类别及中英文名称、说明。",
            )
        if self.kind != "addition" and any(value is not None for value in own):
            raise field_refusal(
                "entitlement.words-of-head-office",
                en="Family, title and text of a catalogue service are the head office's; leave them out.",
                zh="目录服务的类别、名称和说明由总行规定，不得填写。",
            )
        if self.effective_until is not None and self.effective_until < self.effective_on:
            raise field_refusal(
                "entitlement.ends-first",
                en="effective_until lies before effective_on.",
                zh="effective_until 早于 effective_on。",
            )
        return self

    def local(self) -> LocalEntitlement:
        """The value; id and branch are given when it is stored."""
        return LocalEntitlement(
            id="",
            kind=self.kind,
            code=self.code,
            branch_path="",
            family=self.family or Family.PRIORITY,
            title=Text(en=self.title_en or "", zh=self.title_zh or ""),
            words=Text(en=self.text_en or "", zh=self.text_zh or ""),
            limits=self.limits.limits(),
            conditions=tuple(dict.fromkeys(self.conditions)),
            not_away=self.not_away,
            effective_on=self.effective_on,
            effective_until=self.effective_until,
        )


class DecideBranchEntitlement(Input):
    """The second person's word."""

    decision: Literal["approved", "refused"]


class BranchEntitlementView(Output):
    """What a branch adds or sets, and who proposed and decided it."""

    id: UUID
    unit_id: UUID
    kind: str
    code: str
    family: Family
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    limits: LimitsView
    conditions: list[ConditionView]
    not_away: bool
    plan: str | None
    effective_on: date
    effective_until: date | None
    status: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None


def limits_view(limits: Limits) -> LimitsView:
    """Limits as they are answered."""
    return LimitsView(**write_limits(limits))


def conditions_view(conditions: tuple[Condition, ...]) -> list[ConditionView]:
    """What to check, in words."""
    return [
        ConditionView(code=each, text_zh=CONDITION_TEXTS[each].zh, text_en=CONDITION_TEXTS[each].en)
        for each in conditions
    ]


def entitlement_view(item: Entitlement, *, told: bool) -> EntitlementView:
    """An item of the catalogue, without its standards where they are not told."""
    return EntitlementView(
        code=item.code,
        family=item.family,
        article=item.article,
        title_zh=item.title.zh,
        title_en=item.title.en,
        text_zh=item.words.zh,
        text_en=item.words.en,
        limits={level.value: limits_view(limits) for level, limits in item.limits.items()} if told else None,
        tiers=sorted(item.tiers),
        conditions=conditions_view(item.conditions),
        not_away=item.not_away,
        visibility=item.visibility.value,
        status=item.status,
        effective_on=item.effective_on,
    )


def why(decided: Decided) -> dict[str, Any]:
    """The reason as a code and a sentence in both languages, its article, and the branch's row it rests on."""
    return {
        "reason": decided.reason,
        "why_zh": REASONS[decided.reason].zh,
        "why_en": REASONS[decided.reason].en,
        "article": decided.article,
        "branch_entitlement_id": None if decided.local is None else UUID(decided.local),
    }


def branch_entitlement_view(row: BranchEntitlement) -> BranchEntitlementView:
    """A branch's row as it is answered."""
    local = row.local
    return BranchEntitlementView(
        id=row.id,
        unit_id=row.unit_id,
        kind=local.kind,
        code=local.code,
        family=local.family,
        title_zh=local.title.zh,
        title_en=local.title.en,
        text_zh=local.words.zh,
        text_en=local.words.en,
        limits=limits_view(local.limits),
        conditions=conditions_view(local.conditions),
        not_away=local.not_away,
        plan=row.plan,
        effective_on=local.effective_on,
        effective_until=local.effective_until,
        status=row.status,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
