"""The bank's paper form (CCB Annex 2) filled in as a Word document: Chinese labels, ticked boxes."""

import io
from collections.abc import Mapping, Sequence
from datetime import date

from chassis.db import Tx
from chassis.texts import Language
from docx import Document
from docx.document import Document as Paper
from docx.oxml.ns import qn
from docx.shared import Pt

from client_registry.domain.reference_data import OptionSet
from client_registry.domain.registration_form import FIELDS, Answer
from client_registry.store import reference_data
from client_registry.views.registration_forms import FormView

_TITLE = "个人VIP客户登记表"
_FONT = "宋体"
_CHOSEN, _OPEN = "☑", "□"
_ZH = Language.ZH
_CHOICES = ("marital_status", "education", "employer_type", "occupation", "position", "monthly_income")
_ACCOUNTS = ("passbook_1", "passbook_2", "debit_card_1", "debit_card_2", "credit_card")


async def registration_form_document(tx: Tx, form: FormView) -> bytes:
    """The document's bytes; the form decides whether it is open or masked."""
    sets = await reference_data.sets_by_code(tx)
    paper: Paper = Document()
    _set_font(paper)
    paper.add_heading(_TITLE, level=1)
    paper.add_paragraph(f"填表日期：{_day(form.form_on)}        客户号：{form.file.client_no}")
    _table(paper, _front(form, sets))
    paper.add_heading("客户调查", level=2)
    _table(paper, _survey(form, sets))
    paper.add_heading("主要账户", level=2)
    _table(paper, [(_label(name), _text(form.answers, name)) for name in _ACCOUNTS])
    paper.add_heading("银行填写", level=2)
    _table(paper, _bank_part(form, sets))
    written = io.BytesIO()
    paper.save(written)
    return written.getvalue()


def _front(form: FormView, sets: Mapping[str, OptionSet]) -> list[tuple[str, str]]:
    file = form.file
    ways = {contact.way: contact for contact in file.contacts}
    way_set = sets["contact_way"]
    rows = [
        ("姓名", file.name),
        ("性别", _ticked(sets["sex"], (file.sex,) if file.sex else ())),
        ("出生日期", _day(file.birth_on)),
        ("证件类型", _ticked(sets["identity_type"], (file.identity_type,) if file.identity_type else ())),
        ("证件号码", file.identity_number or ""),
        *((_label(name), _text(form.answers, name)) for name in ("address", "postcode", "employer")),
        *((option.text.say(_ZH), ways[option.code].value if option.code in ways else "") for option in way_set.options),
        ("优先使用顺序", " → ".join(way_set.text_of(contact.way).say(_ZH)[:1] for contact in file.contacts)),
        *((_label(name), _choice(form.answers, name, sets)) for name in _CHOICES),
        ("兴趣爱好", _choice(form.answers, "hobbies", sets, other="hobbies_other")),
    ]
    return rows


def _survey(form: FormView, sets: Mapping[str, OptionSet]) -> list[tuple[str, str]]:
    consent = form.consent
    interval = consent.wished_interval if consent is not None else None
    return [
        ("1. 希望的联系频率", _ticked(sets["wished_interval"], (interval,) if interval else ())),
        ("2. 是否接受营销邮件及资料", _yes_or_no(None if consent is None else consent.marketing)),
        ("3. 是否愿意参加客户联谊活动", _yes_or_no(None if consent is None else consent.events)),
        ("4. 资金主要用途", _choice(form.answers, "fund_uses", sets, other="fund_uses_other")),
        ("5. 希望获得的信息", _choice(form.answers, "wanted_information", sets, other="wanted_information_other")),
        ("需求与建议", _text(form.answers, "needs_and_suggestions")),
    ]


def _bank_part(form: FormView, sets: Mapping[str, OptionSet]) -> list[tuple[str, str]]:
    return [
        ("客户经理意见", _text(form.answers, "rm_opinion")),
        ("理财中心意见", _text(form.answers, "centre_opinion")),
        ("VIP卡号", form.file.card_number or ""),
        ("客户类别", _choice(form.answers, "client_category", sets)),
        ("储蓄所/柜", _text(form.answers, "savings_office")),
    ]


def _choice(
    answers: Mapping[str, Answer], name: str, sets: Mapping[str, OptionSet], *, other: str | None = None
) -> str:
    answer = answers.get(name)
    ticked = _ticked(sets[str(FIELDS[name].set_code)], () if answer is None else answer.codes or ())
    own = _text(answers, other) if other is not None else ""
    return f"{ticked}：{own}" if own else ticked


def _ticked(options: OptionSet, chosen: Sequence[str]) -> str:
    """Every box that is offered, and retired ones that were ticked when they were."""
    shown = [option for option in options.options if option.retired_in_version is None or option.code in chosen]
    return "  ".join(f"{_CHOSEN if option.code in chosen else _OPEN}{option.text.say(_ZH)}" for option in shown)


def _yes_or_no(choice: bool | None) -> str:
    return f"{_CHOSEN if choice is True else _OPEN}是  {_CHOSEN if choice is False else _OPEN}否"


def _text(answers: Mapping[str, Answer], name: str) -> str:
    answer = answers.get(name)
    return "" if answer is None else answer.text or ""


def _label(name: str) -> str:
    return FIELDS[name].label.say(_ZH)


def _day(day: date | None) -> str:
    return "" if day is None else f"{day.year}年{day.month}月{day.day}日"


def _table(paper: Paper, rows: Sequence[tuple[str, str]]) -> None:
    table = paper.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for label, value in rows:
        cells = table.add_row().cells
        cells[0].text = label
        cells[1].text = value


def _set_font(paper: Paper) -> None:
    """Songti for Chinese characters: Word would otherwise choose a font by its own language."""
    normal = paper.styles["Normal"]
    normal.font.name = _FONT
    normal.font.size = Pt(10)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
