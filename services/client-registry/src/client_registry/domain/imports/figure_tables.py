"""Month-end figures in tables: amounts, loans and products, each with the client's key, the month and the currency.

A row of `figures` is one client's month in one currency; a row of `loans` or `holdings` is one loan or one product of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from client_registry.domain.imports.profile import FileSpec, Source


class Part(StrEnum):
    """Which of the three tables."""

    FIGURES = "figures"
    LOANS = "loans"
    HOLDINGS = "holdings"


KEYS = ("client_no", "identity_number", "customer_no")
_WHO_AND_WHEN = {
    "client_no": "客户号", "identity_number": "证件号码", "identity_type": "证件类型", "customer_no": "行内客户号",
    "month": "月份", "currency": "币种",
}  # fmt: skip
# Field → its Chinese heading; the field's own name is the English one.
HEADINGS: Mapping[Part, Mapping[str, str]] = {
    Part.FIGURES: {
        **_WHO_AND_WHEN, "deposit_average": "月日均存款", "deposit_month_end": "月末存款", "card_purchases": "刷卡消费",
        "card_refunds": "刷卡退货", "card_cash_advances": "取现", "card_fees": "费用", "assets": "月末管理资产",
        "no_loans": "无贷款", "no_holdings": "无持有产品",
    },
    Part.LOANS: {
        **_WHO_AND_WHEN, "loan_no": "贷款编号", "product": "贷款产品", "personal": "个人贷款", "outstanding": "贷款余额",
        "overdue_days_max": "当月最长逾期天数", "overdue_days_open": "月末逾期天数",
    },
    Part.HOLDINGS: {
        **_WHO_AND_WHEN, "product_code": "产品代码", "kind": "产品类别", "opened_on": "开立日", "matures_on": "到期日",
        "yield_percent": "收益率",
    },
}  # fmt: skip
SHEETS: Mapping[Part, tuple[str, str]] = {
    Part.FIGURES: ("figures", "月度数据"), Part.LOANS: ("loans", "贷款"), Part.HOLDINGS: ("holdings", "持有产品"),
}  # fmt: skip
REQUIRED: Mapping[Part, tuple[str, ...]] = {
    Part.FIGURES: (), Part.LOANS: ("loan_no", "product", "outstanding"), Part.HOLDINGS: ("product_code", "kind"),
}  # fmt: skip
# A corrected-input file brings this column along; it is not read.
REASON = ("reason", "原因")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePart:
    """One table of a profile: in which file it stands, and where each field comes from."""

    file: str
    columns: Mapping[str, Source]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureProfile:
    """A whole mapping profile of figures, checked in itself."""

    name: str
    source: str
    files: tuple[FileSpec, ...]
    parts: Mapping[Part, FigurePart]
    factor: Decimal = Decimal(1)


def part_of(header: tuple[str, ...]) -> tuple[Part, dict[str, Source]] | str:
    """The table that a header of the template belongs to, and its columns; or the first heading that is none of it."""
    part = Part.FIGURES
    for candidate in (Part.LOANS, Part.HOLDINGS):
        own = REQUIRED[candidate][0]
        if own in header or HEADINGS[candidate][own] in header:
            part = candidate
    names = {heading: field for field, zh in HEADINGS[part].items() for heading in (field, zh)}
    stranger = next((heading for heading in header if heading and heading not in names and heading not in REASON), None)
    if stranger is not None:
        return stranger
    return part, {names[heading]: Source(column=heading) for heading in header if heading in names}
