"""The registration form (CCB Annex 2): its fields, who fills which, what may stand in them, and what a change is."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis.masking import mask_card_number, mask_email, mask_identity_number, mask_name, mask_phone
from chassis.refusals import FieldError, Forbidden, Invalid
from chassis.texts import Text

from client_registry.domain.contact_faults import fault_of_postcode
from client_registry.domain.contact_ways import ContactWay, Way
from client_registry.domain.reference_data import OptionSet


class Group(StrEnum):
    """The five information groups (CR-76); the form itself asks for nothing of the last two."""

    BASIC = "basic"
    FINANCIAL = "financial"
    PREFERENCE = "preference"
    TRANSACTIONAL = "transactional"
    RISK = "risk"


class Source(StrEnum):
    """Where a field comes from (CR-75)."""

    BUSINESS_HANDLING = "business_handling"
    QUESTIONNAIRE = "questionnaire"
    ACTIVE_CONTACT = "active_contact"
    THIRD_PARTY = "third_party"
    CLIENT_SELF = "client_self"
    IMPORT = "import"


class Shape(StrEnum):
    """How a field is kept: by the client file itself, as one or several codes, as text about a person, as an account."""

    FILE = "file"
    CODE = "code"
    CODES = "codes"
    TEXT = "text"
    POSTCODE = "postcode"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form with the words it bears there."""

    name: str
    group: Group
    shape: Shape
    label: Text
    set_code: str | None = None


def _field(name: str, group: Group, shape: Shape, zh: str, en: str, set_code: str | None = None) -> Field:
    return Field(name=name, group=group, shape=shape, label=Text(en=en, zh=zh), set_code=set_code)


_B, _F, _P = Group.BASIC, Group.FINANCIAL, Group.PREFERENCE
FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        _field("name", _B, Shape.FILE, "姓名", "Name"),
        _field("sex", _B, Shape.FILE, "性别", "Sex", "sex"),
        _field("birth_on", _B, Shape.FILE, "出生日期", "Date of birth"),
        _field("identity_number", _B, Shape.FILE, "证件号码", "Identity number"),
        _field("address", _B, Shape.TEXT, "联系地址", "Contact address"),
        _field("postcode", _B, Shape.POSTCODE, "邮政编码", "Postcode"),
        _field("employer", _B, Shape.TEXT, "工作单位", "Employer"),
        _field("home_phone", _B, Shape.FILE, "A 住宅电话", "A Home phone"),
        _field("office_phone", _B, Shape.FILE, "B 办公电话", "B Office phone"),
        _field("mobile", _B, Shape.FILE, "C 手机", "C Mobile"),
        _field("fax", _B, Shape.FILE, "D 传真", "D Fax"),
        _field("email", _B, Shape.FILE, "E 电子邮件", "E E-mail"),
        _field("contact_order", _P, Shape.FILE, "优先使用顺序", "Order of preference"),
        _field("marital_status", _B, Shape.CODE, "婚姻状况", "Marital status", "marital_status"),
        _field("education", _B, Shape.CODE, "教育程度", "Education", "education"),
        _field("employer_type", _B, Shape.CODE, "单位性质", "Employer type", "employer_type"),
        _field("occupation", _B, Shape.CODE, "职业", "Occupation", "occupation"),
        _field("position", _B, Shape.CODE, "职务", "Position", "position"),
        _field("monthly_income", _F, Shape.CODE, "月收入（人民币）", "Monthly income (RMB)", "monthly_income"),
        _field("hobbies", _P, Shape.CODES, "兴趣爱好", "Hobbies", "hobby"),
        _field("hobbies_other", _P, Shape.TEXT, "其他爱好", "Other hobbies"),
        _field("wished_interval", _P, Shape.FILE, "希望的联系频率", "Wished contact interval", "wished_interval"),
        _field("accepts_marketing", _P, Shape.FILE, "是否接受营销邮件及资料", "Accepts marketing mail"),
        _field("attends_events", _P, Shape.FILE, "是否愿意参加客户联谊活动", "Willing to attend client events"),
        _field("fund_uses", _F, Shape.CODES, "资金主要用途", "Main uses of funds", "fund_use"),
        _field("fund_uses_other", _F, Shape.TEXT, "其他用途", "Other uses"),
        _field("wanted_information", _P, Shape.CODES, "希望获得的信息", "Information wanted", "wanted_information"),
        _field("wanted_information_other", _P, Shape.TEXT, "其他信息", "Other information wanted"),
        _field("needs_and_suggestions", _P, Shape.TEXT, "需求与建议", "Needs and suggestions"),
        _field("passbook_1", _F, Shape.ACCOUNT, "存折1", "Passbook 1"),
        _field("passbook_2", _F, Shape.ACCOUNT, "存折2", "Passbook 2"),
        _field("debit_card_1", _F, Shape.ACCOUNT, "储蓄卡1", "Debit card 1"),
        _field("debit_card_2", _F, Shape.ACCOUNT, "储蓄卡2", "Debit card 2"),
        _field("credit_card", _F, Shape.ACCOUNT, "贷记卡", "Credit card"),
        _field("rm_opinion", _B, Shape.TEXT, "客户经理意见", "Client manager's opinion"),
        _field("centre_opinion", _B, Shape.TEXT, "理财中心意见", "Wealth centre's opinion"),
        _field("client_category", _B, Shape.CODE, "客户类别", "Client category", "client_category"),
        _field("savings_office", _B, Shape.TEXT, "储蓄所/柜", "Savings office or counter"),
    )
}
WAYS = frozenset(way.value for way in Way)
# Survey 1 to 3 (CR-66 to CR-68) are what the client allows: kept with his consents.
CONSENT_FIELDS = frozenset({"wished_interval", "accepts_marketing", "attends_events"})
# A text that belongs to the choice "other" of another field.
OTHER_OF = {
    "hobbies_other": "hobbies",
    "fund_uses_other": "fund_uses",
    "wanted_information_other": "wanted_information",
}
_ANSWERED = frozenset(name for name, field in FIELDS.items() if field.shape is not Shape.FILE)
_FILE_WRITABLE = CONSENT_FIELDS | {"sex", "birth_on", "contacts", "form_on"}
_OPINIONS = frozenset({"rm_opinion", "centre_opinion"})
_SURVEY = CONSENT_FIELDS | {
    "hobbies", "hobbies_other", "fund_uses", "fund_uses_other", "wanted_information", "wanted_information_other",
    "needs_and_suggestions", "form_on",
}  # fmt: skip
_WHOLE = (_ANSWERED | _FILE_WRITABLE) - _OPINIONS
# CR-40, CR-45, CR-73: the manager fills the form, tellers the survey, and each signs his own opinion only.
WRITERS: Mapping[str, frozenset[str]] = {
    "relationship_manager": _WHOLE | {"rm_opinion"},
    "private_banker": _WHOLE | {"rm_opinion"},
    "corporate_manager": _WHOLE | {"rm_opinion"},
    "wealth_centre_head": _WHOLE | {"centre_opinion"},
    "counter_teller": _SURVEY,
    "open_counter_teller": _SURVEY,
    "data_steward": _WHOLE,
}
_ACCOUNT = re.compile(r"\d{12,22}")
_ACCOUNT_TEXT = Text(en="An account or card number has 12 to 22 digits.", zh="账号或卡号应为12至22位数字。")
_MASKED = Text(
    en="This is a masked value; leave the field out to keep what stands.", zh="该值已脱敏；如不修改，请不要提交此字段。"
)
_NO_OTHER = Text(en="Words of one's own go with the choice “other” of {field}.", zh="须先在 {field} 中选择“其他”。")


class FieldNotYours(Forbidden):
    """A field that belongs to another role (CR-73)."""

    code = "registration-form.field-not-yours"
    text = Text(en="Your role does not fill in: {fields}.", zh="您的岗位不填写以下栏目：{fields}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What stands in a field: chosen codes, or a text."""

    codes: tuple[str, ...] | None = None
    text: str | None = None

    def written(self) -> str:
        """The answer as one line, as it stands in the history."""
        return self.text if self.text is not None else ",".join(self.codes or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A field that says something else than before; None where it said or says nothing."""

    field: str
    before: str | None
    after: str | None

    @property
    def group(self) -> Group:
        return FIELDS[self.field].group


def field_id(client_id: UUID, field: str) -> UUID:
    """The id of a client's field, known before the row is: what a sealed text is bound to. The table computes the same."""
    return UUID(hashlib.md5(f"{client_id}:{field}".encode(), usedforsecurity=False).hexdigest())


def require_writable(fields: frozenset[str], roles: frozenset[str]) -> None:
    """Raises FieldNotYours naming every field that none of the roles fills in."""
    mine = frozenset[str]().union(*(WRITERS.get(role, frozenset()) for role in roles))
    if not fields <= mine:
        raise FieldNotYours(fields=", ".join(sorted(fields - mine)))


def checked_answers(given: Mapping[str, object], sets: Mapping[str, OptionSet]) -> dict[str, Answer | None]:
    """The given fields as answers, None for one that is cleared. Raises Invalid with every fault at once (CR-77)."""
    errors: list[FieldError] = []
    answers = {name: _answer(FIELDS[name], value, sets, errors) for name, value in given.items() if name in _ANSWERED}
    if errors:
        raise Invalid(errors)
    return answers


def require_other(answers: Mapping[str, Answer | None]) -> None:
    """Raises Invalid for words of one's own without the choice "other"; `answers` is the whole form after the change."""
    errors = []
    for name, chosen in OTHER_OF.items():
        codes = answers.get(chosen)
        if answers.get(name) is not None and (codes is None or "other" not in (codes.codes or ())):
            errors.append(FieldError(f"/{name}", "other.not-chosen", _NO_OTHER, {"field": chosen}))
    if errors:
        raise Invalid(errors)


def _answer(
    field: Field, value: object, sets: Mapping[str, OptionSet], errors: list[FieldError]
) -> Answer | None:  # fmt: skip
    pointer = f"/{field.name}"
    if field.shape is Shape.CODES and isinstance(value, list | tuple):
        codes = tuple(str(code) for code in value)
        errors += sets[str(field.set_code)].refuse_many(pointer, codes)
        return Answer(codes=codes) if codes else None
    if not isinstance(value, str) or not value.strip():
        return None
    if field.shape is Shape.CODE:
        if error := sets[str(field.set_code)].refuse(pointer, value):
            errors.append(error)
        return Answer(codes=(value,))
    text = re.sub(r"[\s\-]", "", value) if field.shape is not Shape.TEXT else value.strip()
    if "**" in text:
        errors.append(FieldError(pointer, "text.masked", _MASKED))
    elif field.shape is Shape.ACCOUNT and not _ACCOUNT.fullmatch(text):
        errors.append(FieldError(pointer, "account.not-valid", _ACCOUNT_TEXT))
    elif field.shape is Shape.POSTCODE and (fault := fault_of_postcode(text)) is not None:
        errors.append(FieldError(pointer, *fault))
    return Answer(text=text)


def changes_between(before: Mapping[str, Answer], after: Mapping[str, Answer | None]) -> list[Change]:
    """The answers that say something else than before."""
    return [
        Change(field=name, before=was.written() if was else None, after=answer.written() if answer else None)
        for name, answer in after.items()
        if (was := before.get(name)) != answer
    ]


def contact_changes(before: Sequence[ContactWay], after: Sequence[ContactWay]) -> list[Change]:
    """Ways that changed, one by one, and the client's order where it did (CR-58)."""
    was = {contact.way.value: contact.value for contact in before}
    now = {contact.way.value: contact.value for contact in after}
    changes = [
        Change(field=way, before=was.get(way), after=now.get(way))
        for way in sorted(was.keys() | now.keys())
        if was.get(way) != now.get(way)
    ]
    orders = [",".join(contact.way.value for contact in contacts) or None for contacts in (before, after)]
    if orders[0] != orders[1]:
        changes.append(Change(field="contact_order", before=orders[0], after=orders[1]))
    return changes


def masked(field: str, value: str | None) -> str | None:
    """A value of a field as somebody sees it who may know that it is there; chosen codes are shown."""
    if value is None:
        return None
    kept = FIELDS[field]
    if field in WAYS:
        return mask_email(value) if field == Way.EMAIL else mask_phone(value)
    if kept.shape is Shape.ACCOUNT:
        return mask_card_number(value)
    if field == "name":
        return mask_name(value)
    if field == "identity_number":
        return mask_identity_number(value)
    return "***" if kept.shape in (Shape.TEXT, Shape.POSTCODE) or field == "birth_on" else value
