"""Several schemes of grades over one set of client attributes (A3, CR-2, CR-24, CR-27, CR-28, CR-30, CR-31).

A scheme gives no client anything: it says what a rulebook calls that which an attribute of the client already holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from uuid import UUID

from chassis.identity import Grant
from chassis.refusals import FieldError, Forbidden, RuleBroken
from chassis.texts import Text

from client_registry.domain.classification import Need
from client_registry.domain.grades import Grade as ClassGrade
from client_registry.domain.levels import CardLevel, ServiceTier
from client_registry.domain.organisation import ServiceInstitution
from client_registry.domain.policies import HEAD_OFFICE_PATH

HELD = "yes"
# Which values of which attribute a grade may stand for, and where the value is explained.
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "card_level": frozenset(CardLevel),
    "service_tier": frozenset(ServiceTier),
    "potential": frozenset({HELD}),
    "value_class": frozenset(ClassGrade),
    "risk_class": frozenset(ClassGrade),
    "needs": frozenset(Need),
    "service_institution": frozenset(ServiceInstitution),
}
SOURCES: Mapping[str, Text] = {
    "card_level": Text(
        en="Card level on file: qualification, filing or approval, and membership (CCB Art. 6-8).",
        zh="档案中的卡级别：由资格认定、备案或核准及入会确定（建行办法第六至八条）。",
    ),
    "service_tier": Text(
        en="Service tier on file: assets, products held and the corporate list (BOC-S Art. 27).",
        zh="档案中的服务层级：由资产、持有产品及公司VIP名单确定（中行四川规范第二十七条）。",
    ),
    "potential": Text(
        en="Admitted by exception as a client with potential (CCB Art. 7).",
        zh="作为有发展潜力客户特批准入（建行办法第七条）。",
    ),
    "value_class": Text(en="Value class of the last classification.", zh="最近一次客户分类的价值等级。"),
    "risk_class": Text(en="Risk class of the last classification.", zh="最近一次客户分类的风险等级。"),
    "needs": Text(en="Needs found by the last classification.", zh="最近一次客户分类识别的需求。"),
    "service_institution": Text(
        en="Kind of the institution that keeps the file (BOC-S Art. 28).",
        zh="归属机构的服务机构类别（中行四川规范第二十八条）。",
    ),
}
_ATTRIBUTE_UNKNOWN = Text(en="No such attribute; known are {attributes}.", zh="没有此属性，可选：{attributes}。")
_VALUE_UNKNOWN = Text(
    en="The attribute has no such value; known are {values}.", zh="该属性没有此取值，可选：{values}。"
)
_CODE_TWICE = Text(en="Two grades have the same code.", zh="等级代码重复。")
_VALUE_TWICE = Text(en="Two grades stand for the same value.", zh="两个等级对应同一取值。")
_BEGINS_PAST = Text(en="A version begins today or later.", zh="版本生效日期不得早于今天。")
_DATES = Text(en="The last day lies before the first.", zh="失效日期早于生效日期。")


class HeadOfficeOnly(Forbidden):
    """Schemes hold for the whole bank."""

    code = "scheme.head-office-only"
    text = Text(en="Schemes are written and approved at head office.", zh="等级体系由总行拟定和审批。")


class VersionDecided(RuleBroken):
    """It was approved or refused before."""

    code = "scheme.decided"
    text = Text(en="This version was decided before.", zh="该版本已办结。")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeGrade:
    """One grade: its names, and the value of the client attribute it stands for."""

    code: str
    name_zh: str
    name_en: str
    attribute: str
    value: str
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One version of a scheme, its grades in order, the highest first."""

    id: UUID
    code: str
    version: int
    name_zh: str
    name_en: str
    article: str
    valid_from: date
    valid_until: date | None
    grades: tuple[SchemeGrade, ...]
    status: str
    proposed_by: str
    decided_by: str | None = None

    def is_in_force(self, day: date) -> bool:
        """Approved, and the day lies within its days."""
        until = self.valid_until
        return self.status == "approved" and self.valid_from <= day and (until is None or day <= until)

    def decide(self, status: str, *, by: str) -> Self:
        """The second person's word. Raises VersionDecided."""
        if self.status != "proposed":
            raise VersionDecided()
        return replace(self, status=status, decided_by=by)

    def grades_of(self, held: Mapping[str, frozenset[str]]) -> list[SchemeGrade]:
        """What this scheme calls a client who holds these values; several where an attribute holds several."""
        return [grade for grade in self.grades if grade.value in held.get(grade.attribute, frozenset())]


def in_force(schemes: Iterable[Scheme], day: date) -> list[Scheme]:
    """Of each code the newest version in force on a day, by code."""
    newest: dict[str, Scheme] = {}
    for scheme in sorted((each for each in schemes if each.is_in_force(day)), key=lambda each: each.version):
        newest[scheme.code] = scheme
    return [newest[code] for code in sorted(newest)]


def faults(scheme: Scheme, *, today: date) -> list[FieldError]:
    """What is wrong with a version that is proposed; empty where nothing is."""
    errors: list[FieldError] = []
    if scheme.valid_from < today:
        errors.append(FieldError("/valid_from", "scheme.begins-past", _BEGINS_PAST))
    if scheme.valid_until is not None and scheme.valid_until < scheme.valid_from:
        errors.append(FieldError("/valid_until", "scheme.dates-reversed", _DATES))
    for n, grade in enumerate(scheme.grades):
        errors.extend(_grade_faults(grade, scheme.grades[:n], f"/grades/{n}"))
    return errors


def _grade_faults(grade: SchemeGrade, before: Sequence[SchemeGrade], at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    values = ATTRIBUTES.get(grade.attribute)
    if values is None:
        named = {"attributes": ", ".join(ATTRIBUTES)}
        errors.append(FieldError(f"{at}/attribute", "scheme.attribute-unknown", _ATTRIBUTE_UNKNOWN, named))
    elif grade.value not in values:
        named = {"values": ", ".join(sorted(values))}
        errors.append(FieldError(f"{at}/value", "scheme.value-unknown", _VALUE_UNKNOWN, named))
    if grade.code in [each.code for each in before]:
        errors.append(FieldError(f"{at}/code", "scheme.code-twice", _CODE_TWICE))
    if (grade.attribute, grade.value) in [(each.attribute, each.value) for each in before]:
        errors.append(FieldError(f"{at}/value", "scheme.value-twice", _VALUE_TWICE))
    return errors


def check_head_office(grants: Iterable[Grant]) -> None:
    """Raises HeadOfficeOnly."""
    if not any(grant.unit_path == HEAD_OFFICE_PATH and grant.reach == "unit" for grant in grants):
        raise HeadOfficeOnly()
