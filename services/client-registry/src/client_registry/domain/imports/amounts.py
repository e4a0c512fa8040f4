"""Figures of a row: twelve months of deposits, assets and card spending, what is owed, and how it was repaid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from client_registry.domain.imports.expressions import Expression, NotComputable
from client_registry.domain.imports.numbers import ROUNDED, number_of
from client_registry.domain.imports.profile import Figure, Profile, Repayment
from client_registry.domain.imports.values import Faults

CENT = Decimal("0.01")
_LIMIT = Decimal(10) ** 17
_MONTHS = 12

Months = tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Yuan, oldest month first; None: not delivered."""

    deposit: Months | None
    assets: Months | None
    card_spend: Months | None
    loan_outstanding: Decimal | None
    repayment_months: int | None
    overdue_longest: int | None
    overdue_open: int | None


class Numbers(Mapping[str, Decimal | None]):
    """Cells and derived values as numbers, by name; a cell that is no number is a finding and reads as empty."""

    def __init__(self, cells: Mapping[str, str], derived: Mapping[str, Decimal | None], faults: Faults) -> None:
        self._cells, self._derived, self._faults = cells, derived, faults

    def __getitem__(self, name: str) -> Decimal | None:
        if name in self._derived:
            return self._derived[name]
        text = self._cells[name]
        if not text:
            return None
        number = number_of(text)
        if number is None:
            rounded = ROUNDED.fullmatch(text) is not None
            self._faults.add(name, "row.number-rounded" if rounded else "row.not-a-number", field=name)
        return number

    def __iter__(self) -> Iterator[str]:
        return iter({*self._cells, *self._derived})

    def __len__(self) -> int:
        return len({*self._cells, *self._derived})

    def evaluate(self, expression: Expression, field: str) -> Decimal | None:
        """The expression's value, None where an operand is empty; a finding where it cannot be computed."""
        try:
            return expression.evaluate(self)
        except NotComputable:
            self._faults.add(", ".join(sorted(expression.names)), "row.not-computable", field=field)
            return None

    def money(self, value: Decimal | None, factor: Decimal, field: str) -> Decimal | None:
        """The value in yuan, to the cent."""
        if value is None:
            return None
        scaled = value * factor
        if abs(scaled) >= _LIMIT:
            self._faults.add(field, "row.amount-too-large", field=field)
            return None
        return scaled.quantize(CENT, ROUND_HALF_UP)


def amounts_of(profile: Profile, cells: Mapping[str, str], numbers: Numbers, faults: Faults) -> Amounts:
    """All figures of the row, scaled and in months."""
    months = {metric: _months(figure, metric, numbers, profile.factor) for metric, figure in profile.figures.items()}
    repayment = profile.repayment
    longest, still_open = _overdue(repayment, cells, numbers, faults) if repayment is not None else (None, None)
    return Amounts(
        deposit=months.get("deposit"),
        assets=months.get("assets"),
        card_spend=months.get("card_spend"),
        loan_outstanding=_outstanding(profile, cells, numbers),
        repayment_months=repayment.months_covered if repayment is not None and longest is not None else None,
        overdue_longest=longest,
        overdue_open=still_open,
    )


def _months(figure: Figure, metric: str, numbers: Numbers, factor: Decimal) -> Months | None:
    if figure.months:
        found = tuple(numbers.money(numbers[column], factor, metric) for column in figure.months)
        return None if all(amount is None for amount in found) else found
    if figure.each is not None:
        each = numbers.money(numbers.evaluate(figure.each, metric), factor, metric)
        return None if each is None else (each,) * _MONTHS
    if figure.total is None:
        return None
    # What N months brought, scaled to twelve, then spread evenly; the last month takes the odd cents.
    value = numbers.evaluate(figure.total, metric)
    total = numbers.money(value, factor * _MONTHS / figure.covers_months, metric)
    if total is None:
        return None
    share = (total / _MONTHS).quantize(CENT, ROUND_DOWN)
    return (*(share,) * (_MONTHS - 1), total - share * (_MONTHS - 1))


def _outstanding(profile: Profile, cells: Mapping[str, str], numbers: Numbers) -> Decimal | None:
    loan = profile.loan
    if loan is None or (loan.present is not None and not cells[loan.present]):
        return None
    return numbers.money(numbers.evaluate(loan.outstanding, "loan"), profile.factor, "loan")


def _overdue(
    repayment: Repayment, cells: Mapping[str, str], numbers: Numbers, faults: Faults
) -> tuple[int | None, int | None]:
    if repayment.column is not None:
        code = cells[repayment.column]
        if not code:
            return None, None
        known = repayment.codes.get(code)
        if known is None:
            faults.add(repayment.column, "row.unknown-code", field="repayment")
            return None, None
        return known.longest, known.open
    if repayment.longest is None or repayment.open is None:
        return None, None
    longest = numbers.evaluate(repayment.longest, "repayment")
    still_open = numbers.evaluate(repayment.open, "repayment")
    return (None, None) if longest is None or still_open is None else (int(longest), int(still_open))
