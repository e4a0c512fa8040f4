"""The template of a client book: its headings in both languages, and the profile that follows from a header made of them."""

from collections.abc import Mapping

from client_registry.domain.imports import expressions
from client_registry.domain.imports.figure_tables import REASON
from client_registry.domain.imports.profile import Figure, FileSpec, Loan, Profile, Repayment, Source

SHEETS = ("clients", "客户")
# Field → its Chinese heading; the field's own name is the English one.
HEADINGS: Mapping[str, str] = {
    "client_no": "客户号", "customer_no": "行内客户号", "kind": "客户类型", "name": "姓名", "sex": "性别",
    "birth_date": "出生日期", "identity_type": "证件类型", "identity_number": "证件号码", "mobile": "手机",
    "home_phone": "住宅电话", "office_phone": "办公电话", "fax": "传真", "email": "电子邮箱", "client_since_on": "开户日期",
    "home_unit": "所属机构代码", "manager": "客户经理工号", "marketing_consent": "同意营销", "events_consent": "同意活动邀请",
    "wished_interval": "联系频率", "deposit_average": "近十二个月月均存款", "card_spend_12m": "近十二个月刷卡消费",
    "assets": "月末管理资产", "loan_outstanding": "贷款余额", "overdue_days_max": "最长逾期天数",
    "overdue_days_open": "当前逾期天数",
}  # fmt: skip
REQUIRED = ("client_no", "name", "home_unit")
# Columns that must be text in a workbook: long numbers, and numbers that begin with 0.
TEXTS = (
    "client_no",
    "customer_no",
    "identity_number",
    "mobile",
    "home_phone",
    "office_phone",
    "fax",
    "home_unit",
    "manager",
)
_FIGURES = {"deposit": "deposit_average", "assets": "assets"}
_CODES: Mapping[str, Mapping[str, str]] = {
    "kind": {"personal": "personal", "corporate": "corporate", "个人": "personal", "公司": "corporate", "": ""},
    "sex": {"female": "female", "male": "male", "女": "female", "男": "male", "": ""},
}


def template_profile() -> Profile:
    """What is known of a file of the template before its header is read."""
    return Profile(name="template", files=(_book(None),), client={})


def standard_profile(header: tuple[str, ...], *, sheet: str | None = None) -> Profile | str:
    """The profile of a file made from the template; or the first heading that is none of the template's."""
    names = {heading: field for field, zh in HEADINGS.items() for heading in (field, zh)}
    stranger = next((heading for heading in header if heading and heading not in names and heading not in REASON), None)
    if stranger is not None:
        return stranger
    columns = {names[heading]: heading for heading in header if heading in names}
    present = set(columns)
    figures = {
        metric: Figure(each=expressions.parse(columns[field])) for metric, field in _FIGURES.items() if field in present
    }
    if "card_spend_12m" in present:
        figures["card_spend"] = Figure(total=expressions.parse(columns["card_spend_12m"]))
    loan = repayment = None
    if "loan_outstanding" in present:
        owed = columns["loan_outstanding"]
        loan = Loan(present=owed, outstanding=expressions.parse(owed))
    if {"overdue_days_max", "overdue_days_open"} <= present:
        repayment = Repayment(
            months_covered=24, column=None, codes={}, longest=expressions.parse(columns["overdue_days_max"]),
            open=expressions.parse(columns["overdue_days_open"]),
        )  # fmt: skip
    figure_fields = {*_FIGURES.values(), "card_spend_12m", "loan_outstanding", "overdue_days_max", "overdue_days_open"}
    return Profile(
        name="template",
        files=(_book(sheet),),
        client={
            field: Source(column=columns[field], codes=_CODES.get(field), format="YYYY-MM-DD")
            for field in HEADINGS
            if field in present - figure_fields
        },
        figures=figures,
        loan=loan,
        repayment=repayment,
    )


def _book(sheet: str | None) -> FileSpec:
    return FileSpec(
        name="book", match="*", delimiter="", encoding="auto", sheet=sheet, row_number=None, where={}, join=None,
        optional=False,
    )  # fmt: skip
