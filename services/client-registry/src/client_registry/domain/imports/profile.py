"""What a mapping profile says: which column is which field, how files join, how figures are computed.

A profile is data of the person who imports; it is read by `profile_reading` and never executed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from client_registry.domain.imports.expressions import Expression

CLIENT_FIELDS = (
    "client_no",
    "customer_no",
    "kind",
    "name",
    "sex",
    "birth_date",
    "age",
    "identity_type",
    "identity_number",
    "mobile",
    "home_phone",
    "office_phone",
    "fax",
    "email",
    "client_since_on",
    "home_unit",
    "manager",
    "marketing_consent",
    "events_consent",
    "wished_interval",
)
INVENTABLE = ("name", "sex", "birth_date", "identity_number", "mobile")
DATE_FORMATS = ("YYYY-MM-DD", "YYYYMMDD", "YYYY/MM/DD", "YYMMDD", "birth-number")
METRICS = ("deposit", "assets", "card_spend")
SPREADS = ("wealth_centres", "outlets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """`file.column = file.column`: one row at most of this file belongs to a row of an earlier one."""

    column: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSpec:
    """One source file: how to recognise it among the uploaded, how to read it, which rows of it count."""

    name: str
    match: str
    delimiter: str
    encoding: str
    sheet: str | None
    row_number: str | None
    where: Mapping[str, frozenset[str]]
    join: Join | None
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a field's text comes from: a column, a constant or invention; then codes, prefix and width."""

    column: str | None = None
    value: str | None = None
    invent: bool = False
    codes: Mapping[str, str] | None = None
    otherwise: str | None = None
    prefix: str = ""
    width: int = 0
    format: str = "YYYY-MM-DD"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthsSince:
    """A derived number: whole calendar months from a date column to the data's own last month."""

    column: str
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One metric of twelve months: an average standing for each, a total spread evenly, or twelve columns."""

    each: Expression | None = None
    total: Expression | None = None
    covers_months: int = 12
    months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """What a row owes at the period's end. A row where `present` is empty has no loan: that is not a loan of 0."""

    present: str | None
    outstanding: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """Days overdue: the longest in the months covered, and what is still open at their end."""

    longest: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repayment:
    """How a row repaid (CR-8, CCB Art. 6(2)): by code of a column, or in days; an empty row delivers nothing."""

    months_covered: int
    column: str | None
    codes: Mapping[str, Overdue]
    longest: Expression | None
    open: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A whole mapping profile, checked in itself; whether the files have the columns is seen when they are read."""

    name: str
    files: tuple[FileSpec, ...]
    client: Mapping[str, Source]
    derived: Mapping[str, Expression | MonthsSince] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    loan: Loan | None = None
    repayment: Repayment | None = None
    data_as_of: date | None = None
    factor: Decimal = Decimal(1)
    currency: str = "CNY"
    synthetic: bool = False
    seed: int = 0
    spread: str | None = None
    spread_managers: bool = False

    def columns_used(self) -> frozenset[str]:
        """Every qualified column (`file.column`) that a row needs; derived names are not columns."""
        names: set[str] = set()
        for source in self.client.values():
            names |= _of_source(source)
        for derived in self.derived.values():
            names |= {derived.column} if isinstance(derived, MonthsSince) else derived.names
        for figure in self.figures.values():
            names |= set(figure.months) | _of_expressions(figure.each, figure.total)
        if self.loan is not None:
            names |= _of_expressions(self.loan.outstanding) | ({self.loan.present} if self.loan.present else set())
        if self.repayment is not None:
            names |= _of_expressions(self.repayment.longest, self.repayment.open)
            names |= {self.repayment.column} if self.repayment.column else set()
        return frozenset(names - set(self.derived))


def _of_source(source: Source | None) -> set[str]:
    return {source.column} if source is not None and source.column is not None else set()


def _of_expressions(*expressions: Expression | None) -> set[str]:
    return {name for expression in expressions if expression is not None for name in expression.names}
