"""The registration form as a workbook (CCB Annex 2): which lines it has, in the form's order, and what goes in each.

The template is made from these lines and the reference data, and read back by the keys in its hidden first column.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chassis.texts import Text

from client_registry.domain.contact_ways import Way
from client_registry.domain.reference_data import OptionSet
from client_registry.domain.registration_form import FIELDS, WAYS, Shape

# Raised with every change of lines or places; a workbook of another one is refused.
LAYOUT = 1
FORM_SHEET = "客户登记表"
CODES_SHEET = "选项"
MARK_SHEET = "_vip"
MARK = "vip-registration-form"
FIRST_ROW = 4
# Columns, counted from 0: the hidden key, the label, the value, the place in the client's order, the note.
KEY, LABEL, VALUE, ORDER, NOTE = range(5)
TICKED, YES, NO = "√", Text(en="Yes", zh="是"), Text(en="No", zh="否")
CONFIRM = "confirm:"


class Kind(StrEnum):
    """What may stand in a value cell."""

    TEXT = "text"
    DIGITS = "digits"
    DATE = "date"
    CODE = "code"
    TICK = "tick"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the workbook: its key, its label, what may stand in it."""

    key: str
    label: Text
    kind: Kind
    note: Text
    set_code: str | None = None
    longest: int = 200
    section: Text | None = None

    @property
    def way(self) -> Way | None:
        """The contact way of the line; only such a line has a place in the client's order."""
        return Way(self.key) if self.key in WAYS else None


_SECTIONS = {
    "form_on": Text(en="Basic information", zh="基本情况"),
    "wished_interval": Text(en="Survey", zh="客户调查"),
    "passbook_1": Text(en="Main accounts", zh="主要账户"),
    "rm_opinion": Text(en="For the bank", zh="银行填写"),
}
_PERSON = ("form_on", "name", "sex", "birth_on", "identity_type", "identity_number", "address", "postcode", "employer")
_STANDING = ("marital_status", "education", "employer_type", "occupation", "position", "monthly_income", "hobbies",
             "hobbies_other")  # fmt: skip
_SURVEY = ("wished_interval", "accepts_marketing", "attends_events", "fund_uses", "fund_uses_other", "wanted_information",
           "wanted_information_other", "needs_and_suggestions", "notice_version")  # fmt: skip
_ACCOUNTS = ("passbook_1", "passbook_2", "debit_card_1", "debit_card_2", "credit_card")
_BANK = ("rm_opinion", "centre_opinion", "client_category", "savings_office")
_OWN_LABELS = {
    "form_on": Text(en="Date of the form", zh="填表日期"),
    "identity_type": Text(en="Identity document", zh="证件类型"),
    "notice_version": Text(en="Version of the privacy notice shown", zh="已告知的隐私声明版本"),
}
_LONG = frozenset({"needs_and_suggestions", "rm_opinion", "centre_opinion"})
_DATES = frozenset({"form_on", "birth_on"})
_PHONE_NOTE = Text(
    en="Mobile 13812345678; landline with area code 010-66001234, extension 010-66001234-801; abroad +852 2345 6789",
    zh="手机 13812345678；固话须带区号 010-66001234，分机 010-66001234-801；境外 +852 2345 6789",
)
_NOTES = {
    "identity_number": Text(en="As text; all digits are needed", zh="文本格式，须为完整号码"),
    "postcode": Text(en="Six digits", zh="6位数字"),
    "email": Text(en="like name@example.com", zh="如 name@example.com"),
    "notice_version": Text(
        en="Needed where the client says yes above; like 2026-01", zh="上面选“是”时必填，如 2026-01"
    ),
    **dict.fromkeys(("home_phone", "office_phone", "mobile", "fax"), _PHONE_NOTE),
    **dict.fromkeys(_ACCOUNTS, Text(en="12 to 22 digits, as text", zh="12至22位数字，文本格式")),
}
_OF_KIND = {
    Kind.DATE: Text(en="YYYY-MM-DD", zh="格式 YYYY-MM-DD"),
    Kind.CODE: Text(en="Choose from the list", zh="从下拉列表选择"),
    Kind.TICK: Text(en="Tick with √, or leave empty", zh="选中填 √，不选留空"),
    Kind.YES_NO: Text(en="Yes or no", zh="选择“是”或“否”"),
}
_NONE = Text(en="", zh="")
_AGAIN = Text(en="Enter it a second time, do not copy", zh="请重新录入一遍，不要复制")
# What is entered as digits and must never become a number.
_DIGITS = frozenset({"identity_number", "postcode", *_ACCOUNTS, *(way.value for way in Way if way is not Way.EMAIL)})


def template_version(sets: Mapping[str, OptionSet]) -> str:
    """The layout's version and that of the newest reference data in it."""
    return f"{LAYOUT}.{max((each.version for each in sets.values()), default=0)}"


def lines(sets: Mapping[str, OptionSet], twice: Iterable[str], *, fresh: bool) -> tuple[Line, ...]:
    """The lines of the form. `twice` are the fields that the policy wants entered twice by the same clerk (XC-21); a
    template that is not `fresh` was made for a client on file and does not ask which notice he was shown."""
    again = frozenset(twice)
    names = [*_PERSON, *(way.value for way in Way), *_STANDING, *_SURVEY, *_ACCOUNTS, *_BANK]
    made: list[Line] = []
    for name in names:
        if name == "notice_version" and not fresh:
            continue
        if name in FIELDS and FIELDS[name].shape is Shape.CODES:
            made += _ticks(name, sets)
        else:
            made.append(_line(name))
        if name in again and (fresh or name != "identity_number"):
            made.append(_second(made[-1]))
    return tuple(made)


def _line(name: str) -> Line:
    field = FIELDS.get(name)
    set_code = "identity_type" if name == "identity_type" else None if field is None else field.set_code
    if name in _DATES:
        kind = Kind.DATE
    elif name in ("accepts_marketing", "attends_events"):
        kind = Kind.YES_NO
    elif name in _DIGITS:
        kind = Kind.DIGITS
    else:
        kind = Kind.TEXT if set_code is None else Kind.CODE
    label = _OWN_LABELS[name] if name in _OWN_LABELS else FIELDS[name].label
    return Line(
        key=name, label=label, kind=kind, note=_NOTES.get(name, _OF_KIND.get(kind, _NONE)), set_code=set_code,
        longest=2000 if name in _LONG else 254 if name == "email" else 120 if name == "name" else 200,
        section=_SECTIONS.get(name),
    )  # fmt: skip


def _ticks(name: str, sets: Mapping[str, OptionSet]) -> Iterable[Line]:
    field = FIELDS[name]
    chosen = sets[str(field.set_code)]
    for code in chosen.offered():
        words = chosen.text_of(code)
        label = Text(en=f"{field.label.en}: {words.en}", zh=f"{field.label.zh}：{words.zh}")
        yield Line(key=f"{name}:{code}", label=label, kind=Kind.TICK, note=_OF_KIND[Kind.TICK], set_code=field.set_code)


def _second(first: Line) -> Line:
    label = Text(en=f"{first.label.en} (second entry)", zh=f"{first.label.zh}（再次录入）")
    return Line(key=CONFIRM + first.key, label=label, kind=first.kind, note=_AGAIN, longest=first.longest)
