"""Amounts of money: a Decimal and its currency, never a float, never two currencies in one sum."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self


class CurrenciesDiffer(ValueError):
    """Two amounts of different currencies were added or compared."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right} do not mix")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217). Adding or comparing across currencies raises CurrenciesDiffer."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            raise ValueError("an amount is a finite Decimal")
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise ValueError("a currency is three capital letters")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str = "CNY") -> Self:
        """`Money.of("12.30", "CNY")`; a float is refused with TypeError, an unreadable text with ValueError."""
        if isinstance(amount, float | bool):
            raise TypeError("an amount is written as text, never as a float")
        try:
            return cls(Decimal(amount), currency)
        except ArithmeticError as unreadable:
            raise ValueError("an amount is a decimal number") from unreadable

    @classmethod
    def zero(cls, currency: str = "CNY") -> Self:
        return cls(Decimal(0), currency)

    def as_json(self) -> dict[str, str]:
        """`{"amount": "12.30", "currency": "CNY"}`, the one form in which money leaves us."""
        return {"amount": format(self.amount, "f"), "currency": self.currency}

    def _same(self, other: Self) -> Decimal:
        if other.currency != self.currency:
            raise CurrenciesDiffer(self.currency, other.currency)
        return other.amount

    def __add__(self, other: Self) -> Self:
        return type(self)(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.amount - self._same(other), self.currency)

    def __mul__(self, times: int | Decimal) -> Self:
        if isinstance(times, float):
            raise TypeError("an amount is multiplied by an int or a Decimal, never by a float")
        return type(self)(self.amount * times, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.amount, self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Self) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Self) -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"
