"""Month-end exchange rates entered; a corrected one is carried into the figures of exactly the clients it touches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit, operations
from chassis.clock import business_day
from chassis.db import Tx
from chassis.identity import Principal
from chassis.refusals import FieldError, Forbidden, Invalid
from chassis.scope import Scope
from chassis.texts import Text

from client_registry.domain.currencies import CURRENCIES, YUAN
from client_registry.domain.exchange_rates import MonthEndRate
from client_registry.domain.figures import month_of
from client_registry.domain.statements import TEXTS
from client_registry.store import exchange_rates as store

KIND = "rate-correction"
HEAD_OFFICE = "/hq/"
_YUAN = Text(en="The yuan has no rate of its own.", zh="人民币无需折算汇率。")
_TWICE = Text(en="The same currency and month stand here twice.", zh="币种与月份重复。")
_NOT_POSITIVE = Text(en="A rate is larger than zero.", zh="汇率须大于零。")


class RatesAtHeadOffice(Forbidden):
    """Figures are bank-wide, and so are the rates."""

    code = "rates.head-office-only"
    text = Text(en="Exchange rates are entered at head office.", zh="折算汇率由总行录入。")


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesRecorded:
    """How many rates were new, corrected, known already; the operation that carries corrections into figures."""

    new: int
    corrected: int
    unchanged: int
    operation_id: UUID | None


async def record_exchange_rates(
    tx: Tx, rates: Sequence[MonthEndRate], *, source: str, scope: Scope, by: Principal, now: datetime
) -> RatesRecorded:
    """Keeps the rates (yuan for one unit at the month's end), all of them or none.

    Raises Invalid with every fault (pointers `/rates/<n>/…`), RatesAtHeadOffice.
    """
    if not scope.covers(HEAD_OFFICE):
        raise RatesAtHeadOffice()
    errors = _faults(rates, now)
    if errors:
        raise Invalid(errors)
    found = await store.add_rates(tx, rates, source=source, by=by.subject, now=now)
    corrected = [pair for pair, corrects in found.items() if corrects]
    operation_id = None
    if corrected:
        started = await operations.start(
            tx, kind=KIND, started_by=by.subject, now=now,
            detail={"pairs": [[currency, month.isoformat()] for currency, month in corrected]},
        )  # fmt: skip
        operation_id = started.id
    await audit.record(
        tx, act="exchange-rates.recorded", by=by, object_type="exchange-rates", object_id=source,
        detail={"new": len(found) - len(corrected), "corrected": len(corrected)}, at=now,
    )  # fmt: skip
    return RatesRecorded(
        new=len(found) - len(corrected),
        corrected=len(corrected),
        unchanged=len(rates) - len(found),
        operation_id=operation_id,
    )


def _faults(rates: Sequence[MonthEndRate], now: datetime) -> list[FieldError]:
    this_month = month_of(business_day(now))
    errors: list[FieldError] = []
    seen: set[tuple[str, object]] = set()
    for n, rate in enumerate(rates):
        place = f"/rates/{n}"
        if rate.currency == YUAN:
            errors.append(FieldError(f"{place}/currency", "rates.yuan", _YUAN))
        elif rate.currency not in CURRENCIES:
            errors.append(
                FieldError(f"{place}/currency", "figures.currency-unknown", TEXTS["figures.currency-unknown"])
            )
        if rate.month >= this_month:
            code = "figures.month-open" if rate.month == this_month else "figures.month-future"
            errors.append(FieldError(f"{place}/month", code, TEXTS[code]))
        if rate.rate <= 0:
            errors.append(FieldError(f"{place}/rate", "rates.not-positive", _NOT_POSITIVE))
        if (rate.currency, rate.month) in seen:
            errors.append(FieldError(place, "rates.twice", _TWICE))
        seen.add((rate.currency, rate.month))
    return errors
