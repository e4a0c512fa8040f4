"""Exchange rates of month-ends (CR-7: foreign currency at equivalent value)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEndRate:
    """Yuan for one unit of a currency at the end of a month."""

    currency: str
    month: date
    rate: Decimal
