"""Month-end exchange rates: entered at head office, read by staff."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from fastapi import File, Form, Query, UploadFile
from pydantic import Field

from client_registry.api.figures import CODE, MONTH, Code, Currency, first_day
from client_registry.api.readers import FILE_READERS
from client_registry.domain.exchange_rate_files import read_rate_file
from client_registry.domain.exchange_rates import MonthEndRate
from client_registry.use_cases.record_exchange_rates import RatesRecorded, record_exchange_rates
from client_registry.views import exchange_rates as views

api = router()
RATES_MAX = 500
# 500 rows are far smaller; a larger file is cut here and then has too many rows.
FILE_MAX = 256 * 1024
_ENTERS = allow("head_office_personal_banking", "data_steward")


class RateBody(Input):
    """Yuan for one unit of the currency at the end of the month."""

    currency: Currency
    month: Annotated[str, Field(pattern=MONTH)]
    rate: Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,8})?$")] = described(
        en="Yuan for one unit (not for 100)", zh="1 单位外币折合人民币元（非 100 单位）"
    )


class RecordRates(Input):
    """Rates of one named source."""

    source: Code = described(en="Where the rates come from", zh="汇率来源")
    rates: Annotated[list[RateBody], Field(min_length=1, max_length=RATES_MAX)]


class RatesRecordedView(Output):
    """How many were new, corrected, known; the operation carries corrections into the figures they touch."""

    new: int
    corrected: int
    unchanged: int
    operation_id: UUID | None


class RateView(Output):
    """The rate that counts, and how often it was entered."""

    currency: str
    month: str
    rate: str
    source: str
    recorded_by: str
    known_at: datetime
    versions: int


@api.post(
    "/v1/exchange-rates",
    status_code=201,
    **operation(
        "recordExchangeRates",
        allow=_ENTERS,
        en="Enter month-end exchange rates",
        zh="录入月末折算汇率",
        en_detail=f"At most {RATES_MAX}, at head office. A rate that differs from the known one corrects it: the figures "
        "of exactly the clients it touches are computed again, and they are evaluated again.",
        zh_detail=f"一次最多 {RATES_MAX} 条，由总行录入。与已登记汇率不同者视为更正：仅重算受影响客户的数据并重新评定。",
        audience=["branch", "ops"],
        example={"source": "safe", "rates": [{"currency": "USD", "month": "2026-10", "rate": "7.1234"}]},
    ),
)
async def record_rates(body: RecordRates, call: Call) -> RatesRecordedView:
    rates = [
        MonthEndRate(currency=rate.currency, month=first_day(rate.month), rate=Decimal(rate.rate))
        for rate in body.rates
    ]
    recorded = await record_exchange_rates(
        call.tx, rates, source=body.source, scope=call.scope, by=call.principal, now=call.now
    )
    return _view(recorded)


@api.post(
    "/v1/exchange-rate-files",
    status_code=201,
    **operation(
        "uploadExchangeRates",
        allow=_ENTERS,
        en="Enter exchange rates from a CSV file",
        zh="以 CSV 文件录入折算汇率",
        en_detail="Columns currency, month (like 2026-10) and rate; UTF-8 or GB18030. The file is taken whole or not at "
        "all; each fault names its row.",
        zh_detail="列为 currency、month（如 2026-10）、rate；UTF-8 或 GB18030 编码。整份接收或整份拒绝，逐行指明问题。",
        audience=["branch", "ops"],
        upload=True,
    ),
)
async def upload_rates(
    call: Call,
    source: Annotated[str, Form(pattern=CODE, max_length=40)],
    file: Annotated[UploadFile, File()],
) -> RatesRecordedView:
    rates = read_rate_file(await file.read(FILE_MAX + 1), most=RATES_MAX)
    tx = await call.begin()
    return _view(
        await record_exchange_rates(tx, rates, source=source, scope=call.scope, by=call.principal, now=call.now)
    )


@api.get(
    "/v1/exchange-rates",
    **operation(
        "listExchangeRates",
        allow=allow(*FILE_READERS),
        en="List month-end exchange rates",
        zh="查询月末折算汇率",
        en_detail="The rate that counts for each month and currency.",
        zh_detail="返回各月份、各币种当前有效的汇率。",
        audience=["branch", "ops"],
    ),
)
async def list_rates(
    call: Call,
    paging: Page,
    month: Annotated[str | None, Query(pattern=MONTH)] = None,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
) -> PageOf[RateView]:
    key = paging.after(date, str)
    rows = await views.rates(
        call.tx,
        month=first_day(month) if month else None,
        currency=currency,
        after=(key[0], key[1]) if key else None,
        most=paging.limit + 1,
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["month"], row["currency"]))
    items = [
        RateView(
            currency=row["currency"],
            month=f"{row['month']:%Y-%m}",
            rate=format(row["rate"].normalize(), "f"),
            source=row["source"],
            recorded_by=row["recorded_by"],
            known_at=row["known_at"],
            versions=row["versions"],
        )
        for row in kept
    ]
    return page(items, cursor)


def _view(recorded: RatesRecorded) -> RatesRecordedView:
    return RatesRecordedView(
        new=recorded.new,
        corrected=recorded.corrected,
        unchanged=recorded.unchanged,
        operation_id=recorded.operation_id,
    )
