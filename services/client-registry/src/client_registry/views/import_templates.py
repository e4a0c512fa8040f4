"""Templates of imports to download: headings in the reader's language, and one sheet that says what goes where."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter
from chassis.texts import Language, Text

from client_registry.domain.imports import client_tables, figure_tables
from client_registry.domain.imports.figure_tables import Part

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_INSTRUCTIONS = Text(en="instructions", zh="填写说明")
_HEADS = (
    Text(en="Sheet", zh="工作表"),
    Text(en="Column", zh="列"),
    Text(en="Needed", zh="必填"),
    Text(en="What goes there", zh="填写要求"),
)
_YES = Text(en="yes", zh="是")
_KEY = Text(en="one of them", zh="三者至少一个")
_RULES = (
    Text(
        en="Fill in the sheets from row 2 on; leave the headings as they are. Columns that are not needed may be removed. An "
        "empty cell says nothing and changes nothing. No merged cells, no hidden rows.",
        zh="请从第 2 行起填写，勿改动表头；不需要的列可以删除。空单元格表示不提供，不产生变化。请勿合并单元格或隐藏行。",
    ),
    Text(
        en="Numbers of 15 digits and more stand in columns of text, as they are here: Excel rounds long numbers.",
        zh="15 位及以上的号码请保留在文本格式的列中，否则 Excel 会将其舍入。",
    ),
    Text(
        en="As CSV: UTF-8, UTF-16 or GB18030, one table a file. The same file again changes nothing.",
        zh="CSV 可为 UTF-8、UTF-16 或 GB18030 编码，每个文件一张表。重复导入同一文件不产生变化。",
    ),
)
_AMOUNT = Text(en="Amount, up to four decimals", zh="金额，最多四位小数")
_DAY = Text(en="Date, YYYY-MM-DD", zh="日期，YYYY-MM-DD")
_DAYS = Text(en="Days, a whole number", zh="天数，整数")
_FLAG = Text(en="yes or no", zh="是或否")
_WORDS: Mapping[str, Text] = {
    "client_no": Text(en="The client's number", zh="客户号"),
    "customer_no": Text(en="The bank's own number of the customer, where it is another one", zh="行内其他系统的客户号"),
    "kind": Text(en="personal or corporate; of a product: current, time_deposit, wealth_product, fund, insurance, bond, metal, "
                 "other", zh="个人或公司；产品类别为 current、time_deposit、wealth_product、fund、insurance、bond、metal、other"),
    "sex": Text(en="female or male", zh="女或男"),
    "identity_type": Text(en="resident_id (where empty), passport, household_book, military_officer, hmt_permit, "
                          "foreign_permanent_resident, unified_social_credit",
                          zh="resident_id（空白时）、passport、household_book、military_officer、hmt_permit、"
                          "foreign_permanent_resident、unified_social_credit"),
    "identity_number": Text(en="As it stands on the document", zh="与证件一致"),
    "home_unit": Text(en="Code of the wealth centre that keeps the file", zh="建档理财中心的机构代码"),
    "manager": Text(en="Staff number", zh="工号"),
    "wished_interval": Text(en="monthly, quarterly, half_yearly, yearly or any_time",
                            zh="monthly、quarterly、half_yearly、yearly 或 any_time"),
    "month": Text(en="A month that has ended, like 2026-10; where empty, the month of the upload",
                  zh="已结束的月份，如 2026-10；空白时为上传时所选月份"),
    "currency": Text(en="CNY where empty; other currencies need the month-end's rate", zh="空白时为 CNY；外币须已登记月末汇率"),
    "no_loans": Text(en="yes: the client has no loans in this month", zh="填“是”表示当月无贷款"),
    "no_holdings": Text(en="yes: the client holds no product at the month-end", zh="填“是”表示月末未持有产品"),
    "personal": Text(en="yes (where empty) or no; only personal loans count", zh="是（空白时）或否，仅个人贷款计入标准"),
    "yield_percent": Text(en="Percent a year, like 1.75", zh="年化收益率（%），如 1.75"),
    "deposit_average": Text(en="Average a month; in the client template that of each of the last twelve months",
                            zh="月日均余额；客户模板中为近十二个月的月均"),
}  # fmt: skip
_DATES = ("birth_date", "client_since_on", "opened_on", "matures_on")
_FLAGS = ("marketing_consent", "events_consent")
_NUMBERS = (
    "deposit_month_end", "card_purchases", "card_refunds", "card_cash_advances", "card_fees", "assets", "outstanding",
    "card_spend_12m", "loan_outstanding",
)  # fmt: skip
_COUNTS = ("overdue_days_max", "overdue_days_open")
_FIGURE_TEXTS = ("client_no", "identity_number", "customer_no", "month", "loan_no", "product_code")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """One sheet: its name, its headings by field, which are needed and which are text."""

    name: Text
    headings: Mapping[str, str]
    required: Sequence[str]
    keys: Sequence[str]
    texts: Sequence[str]

    def titles(self, language: Language) -> list[str]:
        return [zh if language is Language.ZH else field for field, zh in self.headings.items()]


_CLIENTS = _Table(
    name=Text(en=client_tables.SHEETS[0], zh=client_tables.SHEETS[1]), headings=client_tables.HEADINGS,
    required=client_tables.REQUIRED, keys=(), texts=client_tables.TEXTS,
)  # fmt: skip
_FIGURES = {
    part: _Table(
        name=Text(en=figure_tables.SHEETS[part][0], zh=figure_tables.SHEETS[part][1]),
        headings=figure_tables.HEADINGS[part], required=figure_tables.REQUIRED[part], keys=figure_tables.KEYS,
        texts=_FIGURE_TEXTS,
    )
    for part in Part
}  # fmt: skip


def client_template(language: Language, *, as_csv: bool) -> bytes:
    """The template of a client book."""
    return _csv(_CLIENTS, language) if as_csv else _workbook([_CLIENTS], language)


def figure_template(language: Language, part: Part, *, as_csv: bool) -> bytes:
    """The template of month-end figures: a workbook of all three tables, or one of them as CSV."""
    return _csv(_FIGURES[part], language) if as_csv else _workbook(list(_FIGURES.values()), language)


def _csv(table: _Table, language: Language) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(table.titles(language))
    return ("\ufeff" + out.getvalue()).encode()


def _workbook(tables: Sequence[_Table], language: Language) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    bold, text = book.add_format({"bold": True, "bg_color": "#DDE6F0"}), book.add_format({"num_format": "@"})
    wrapped = book.add_format({"text_wrap": True})
    for table in tables:
        sheet = book.add_worksheet(table.name.say(language))
        sheet.freeze_panes(1, 0)
        for at, (field, title) in enumerate(zip(table.headings, table.titles(language), strict=True)):
            sheet.write_string(0, at, title, bold)
            sheet.set_column(at, at, 20, text if field in table.texts else None)
    sheet = book.add_worksheet(_INSTRUCTIONS.say(language))
    sheet.set_column(0, 2, 22)
    sheet.set_column(3, 3, 90, wrapped)
    for row, rule in enumerate(_RULES):
        sheet.write_string(row, 3, rule.say(language))
    sheet.write_row(len(_RULES), 0, [head.say(language) for head in _HEADS], bold)
    for row, line in enumerate((line for table in tables for line in _lines(table, language)), start=len(_RULES) + 1):
        sheet.write_row(row, 0, line)
    book.close()
    return out.getvalue()


def _lines(table: _Table, language: Language) -> list[list[str]]:
    return [
        [
            table.name.say(language), title,
            _YES.say(language) if field in table.required else _KEY.say(language) if field in table.keys else "",
            _words(field).say(language),
        ]
        for field, title in zip(table.headings, table.titles(language), strict=True)
    ]  # fmt: skip


def _words(field: str) -> Text:
    for fields, words in ((_DATES, _DAY), (_FLAGS, _FLAG), (_NUMBERS, _AMOUNT), (_COUNTS, _DAYS)):
        if field in fields:
            return words
    return _WORDS.get(field, Text(en=field.replace("_", " "), zh=client_tables.HEADINGS.get(field, field)))
