"""One cell of a filled workbook: what it says, or why it cannot be read and how it is to be written (CR-77, XC-21)."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from chassis.refusals import FieldError
from chassis.texts import Text

from client_registry.domain.form_workbook import NO, TICKED, YES, Kind, Line
from client_registry.domain.reference_data import OptionSet

FAULTS: Mapping[str, Text] = {
    "sheet.merged": Text(
        en="The cell is merged with others; undo the merge, one value stands in one cell.",
        zh="该单元格已与其他单元格合并，请取消合并，每个值单独占一格。",
    ),
    "sheet.formula": Text(
        en="A formula stands here; type the value itself (copy, then paste values).",
        zh="此处为公式，请填写值本身（复制后选择“粘贴为数值”）。",
    ),
    "sheet.number-rounded": Text(
        en="Excel has turned this number into {kind} and digits may be lost; set the cell to text and type it again.",
        zh="Excel 已将该号码转为{kind}，可能已丢失数字；请将单元格设为“文本”后重新录入。",
    ),
    "sheet.not-text": Text(en="A text is expected here.", zh="此处应填写文本。"),
    "sheet.too-long": Text(en="At most {longest} characters.", zh="最多 {longest} 个字符。"),
    "sheet.date": Text(
        en="A date is expected as YYYY-MM-DD, like 1980-01-31.", zh="日期格式应为 YYYY-MM-DD，如 1980-01-31。"
    ),
    "sheet.date-number": Text(
        en="A number stands where a date is expected; type the date as YYYY-MM-DD.",
        zh="此处应为日期，现为数字；请按 YYYY-MM-DD 填写。",
    ),
    "sheet.code": Text(en="Choose one of: {allowed}.", zh="请从下列选项中选择：{allowed}。"),
    "sheet.tick": Text(en="Tick with √ or leave the cell empty.", zh="选中请填 √，不选请留空。"),
    "sheet.yes-no": Text(en="Write yes or no.", zh="请填“是”或“否”。"),
    "sheet.order": Text(
        en="A place in the client's order is a whole number from 1 to 5.", zh="优先顺序应为1至5的整数。"
    ),
    "sheet.order-twice": Text(en="Two ways have the same place in the order.", zh="两种联系方式的优先顺序重复。"),
    "sheet.order-empty": Text(
        en="A place in the order is given for a way that is empty.", zh="联系方式为空，却填写了优先顺序。"
    ),
    "sheet.required": Text(en="This must be filled in.", zh="此项必填。"),
    "sheet.not-by-form": Text(
        en="Name and document of a client on file are not changed by the form; record a change of identity.",
        zh="已建档客户的姓名、证件不能通过登记表变更，请办理身份信息变更。",
    ),
}
_FLOAT, _SCIENTIFIC = Text(en="a number", zh="数值"), Text(en="scientific notation", zh="科学计数")
_IN_SCIENCE = re.compile(r"[+-]?\d+(\.\d+)?[eE]\+?\d+")
_DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_MIDNIGHT = re.compile(r"[ T]00:00(:00)?$")
_YES = frozenset({"√", "✓", "✔", "☑", "x", "y", "yes", "是", "1", "true", "是 yes"})
_NO = frozenset({"□", "n", "no", "否", "0", "false", "否 no"})


class CellFault(ValueError):
    """The cell cannot be read; `code` is one of FAULTS."""

    def __init__(self, code: str, text: Text | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.text = text or FAULTS[code]


def fault(cell: str, label: Text, code: str, text: Text | None = None) -> FieldError:
    """A fault at its cell, in both languages: address and label first, then what is expected. Never the value."""
    said = text or FAULTS[code]
    return FieldError(
        f"/file/{cell}", code, Text(en=f"{cell} {label.en}: {said.en}", zh=f"{cell} {label.zh}：{said.zh}")
    )


def value_of(line: Line, cell: object, sets: Mapping[str, OptionSet]) -> str | bool | date | None:
    """What the cell says: None for an empty one, False for a tick that is not set. Raises CellFault."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return False if line.kind is Kind.TICK else None
    if line.kind is Kind.DATE:
        return _day(cell)
    if line.kind is Kind.TICK:
        return _choice(cell, "sheet.tick")
    if line.kind is Kind.YES_NO:
        return _choice(cell, "sheet.yes-no")
    if line.kind is Kind.DIGITS:
        return _digits(line, cell)
    if line.kind is Kind.CODE:
        return _code(_text(line, cell), sets[str(line.set_code)])
    return _text(line, cell)


def place_of(cell: object) -> int | None:
    """A place in the client's order of contact ways; None for an empty cell. Raises CellFault."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if isinstance(cell, bool) or not re.fullmatch(r"[1-5](\.0+)?", str(cell).strip()):
        raise CellFault("sheet.order")
    return int(str(cell).strip()[0])


def _digits(line: Line, cell: object) -> str:
    if isinstance(cell, bool) or not isinstance(cell, str):
        raise CellFault("sheet.number-rounded", _rounded(_FLOAT))
    if _IN_SCIENCE.fullmatch(cell.strip()):
        raise CellFault("sheet.number-rounded", _rounded(_SCIENTIFIC))
    return _text(line, cell)


def _rounded(kind: Text) -> Text:
    said = FAULTS["sheet.number-rounded"]
    return Text(en=said.en.format(kind=kind.en), zh=said.zh.format(kind=kind.zh))


def _text(line: Line, cell: object) -> str:
    if isinstance(cell, bool | date):
        raise CellFault("sheet.not-text")
    text = cell.strip() if isinstance(cell, str) else _whole(cell)
    if len(text) > line.longest:
        said = FAULTS["sheet.too-long"]
        raise CellFault(
            "sheet.too-long", Text(en=said.en.format(longest=line.longest), zh=said.zh.format(longest=line.longest))
        )
    return text


def _whole(number: object) -> str:
    """A short whole number typed into a text cell, like the 3 of counter 3."""
    text = str(number)
    if not re.fullmatch(r"\d{1,9}(\.0)?", text):
        raise CellFault("sheet.not-text")
    return text.removesuffix(".0")


def _day(cell: object) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _MIDNIGHT.sub("", cell.strip()) if isinstance(cell, str) else str(cell).removesuffix(".0")
    found = _DAY.fullmatch(text)
    if found is None:
        # A serial number would be another day in a workbook that counts from 1904.
        raise CellFault("sheet.date" if isinstance(cell, str) else "sheet.date-number")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        raise CellFault("sheet.date" if isinstance(cell, str) else "sheet.date-number") from None


def _choice(cell: object, code: str) -> bool:
    said = str(cell).strip().casefold().removesuffix(".0")
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise CellFault(code)


def shown(words: Text) -> str:
    """A choice as the drop-down shows it."""
    return f"{words.zh} {words.en}"


def _code(said: str, options: OptionSet) -> str:
    """A code written as itself, as its label in either language, or as the drop-down shows it. A retired one is read
    too: it may stand unchanged, and is refused where it is chosen anew."""
    wanted = said.casefold()
    for option in sorted(options.options, key=lambda each: each.retired_in_version is not None):
        words = option.text
        if wanted in {option.code.casefold(), words.zh.casefold(), words.en.casefold(), shown(words).casefold()}:
            return option.code
    offered = [options.text_of(code) for code in options.offered()]
    text = FAULTS["sheet.code"]
    raise CellFault(
        "sheet.code",
        Text(
            en=text.en.format(allowed=", ".join(each.en for each in offered)),
            zh=text.zh.format(allowed="、".join(each.zh for each in offered)),
        ),
    )


TICK_CHOICES = (TICKED,)
YES_NO_CHOICES = (shown(YES), shown(NO))
