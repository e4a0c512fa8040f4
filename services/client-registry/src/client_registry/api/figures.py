"""Monthly figures and exchange rates, delivered by other systems of the bank and by data stewards."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from fastapi import Response
from pydantic import Field

from client_registry.domain.statements import ROWS_MAX, HoldingLine, LoanLine, Statement
from client_registry.use_cases.take_figures import take_figures

api = router()
MONTH = r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$"
CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
Amount = Annotated[str, Field(pattern=r"^-?[0-9]{1,16}(\.[0-9]{1,4})?$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Code = Annotated[str, Field(pattern=CODE, max_length=40)]
Days = Annotated[int, Field(ge=0, le=36_500)]
ProductKind = Literal["current", "time_deposit", "wealth_product", "fund", "insurance", "bond", "metal", "other"]


class LoanBody(Input):
    """One loan at the month-end (CR-8)."""

    loan_no: Code
    product: Code
    personal: bool = described(en="A personal loan; only these count", zh="是否个人贷款，仅个人贷款计入标准")
    outstanding: Amount
    overdue_days_max: Days | None = described(
        en="Longest overdue that ran in the month, in days", zh="当月最长逾期天数", default=None
    )
    overdue_days_open: Days | None = described(en="Overdue at the month-end, in days", zh="月末逾期天数", default=None)


class HoldingBody(Input):
    """One product held at the month-end (CR-51, CR-76)."""

    product_code: Code
    kind: ProductKind
    opened_on: date | None = None
    matures_on: date | None = None
    yield_percent: Annotated[str, Field(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,4})?$")] | None = None


class FigureRow(Input):
    """One client's month in one currency. What is left out was not delivered: what was known of it stands."""

    month: Annotated[str, Field(pattern=MONTH)]
    client_no: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    client_id: UUID | None = None
    currency: Currency = "CNY"
    deposit_average: Amount | None = described(en="Monthly average of deposits", zh="月日均存款", default=None)
    deposit_month_end: Amount | None = described(en="Deposits at the month-end", zh="月末存款", default=None)
    card_purchases: Amount | None = described(en="Card purchases of the month", zh="当月刷卡消费", default=None)
    card_refunds: Amount | None = described(en="Refunds of the month", zh="当月退货", default=None)
    card_cash_advances: Amount | None = described(
        en="Cash advances: kept, never counted as spending", zh="取现：仅留存，不计入消费额", default=None
    )
    card_fees: Amount | None = described(
        en="Fees: kept, never counted as spending", zh="费用：仅留存，不计入消费额", default=None
    )
    assets: Amount | None = described(en="Assets under management at the month-end", zh="月末管理资产", default=None)
    loans: Annotated[list[LoanBody], Field(max_length=100)] | None = described(
        en="All loans of the month; an empty list says that there are none",
        zh="当月全部贷款；空列表表示无贷款",
        default=None,
    )
    holdings: Annotated[list[HoldingBody], Field(max_length=200)] | None = described(
        en="All products held at the month-end; an empty list says that there are none",
        zh="月末持有的全部产品；空列表表示未持有",
        default=None,
    )

    def statement(self) -> Statement:
        """The row as the domain reads it."""
        amounts = {
            name: None if (text := getattr(self, name)) is None else Decimal(text)
            for name in ("deposit_average", "deposit_month_end", "card_purchases", "card_refunds",
                         "card_cash_advances", "card_fees", "assets")
        }  # fmt: skip
        return Statement(
            month=first_day(self.month),
            currency=self.currency,
            client_id=self.client_id,
            client_no=self.client_no,
            **amounts,
            loans=None if self.loans is None else tuple(_loan(loan) for loan in self.loans),
            holdings=None if self.holdings is None else tuple(_holding(holding) for holding in self.holdings),
        )


class DeliverFigures(Input):
    """One delivery of one system; the number is the system's own and is used once."""

    source: Code = described(en="The delivering system", zh="来源系统")
    delivery_no: Code = described(en="The system's own number of this delivery", zh="来源系统的批次号")
    rows: Annotated[list[FigureRow], Field(min_length=1, max_length=ROWS_MAX)]


class DeliveryView(Output):
    """What the delivery changed; `repeated` says that it was taken before and nothing was done now."""

    delivery_id: UUID
    source: str
    delivery_no: str
    rows_total: int
    rows_new: int
    rows_corrected: int
    rows_unchanged: int
    clients_changed: int
    repeated: bool


def first_day(month: str) -> date:
    """`2026-10` as a date."""
    return date(int(month[:4]), int(month[5:]), 1)


def _loan(body: LoanBody) -> LoanLine:
    return LoanLine(
        loan_no=body.loan_no,
        product=body.product,
        personal=body.personal,
        outstanding=Decimal(body.outstanding),
        overdue_days_max=body.overdue_days_max,
        overdue_days_open=body.overdue_days_open,
    )


def _holding(body: HoldingBody) -> HoldingLine:
    return HoldingLine(
        product_code=body.product_code,
        kind=body.kind,
        opened_on=body.opened_on,
        matures_on=body.matures_on,
        yield_percent=None if body.yield_percent is None else Decimal(body.yield_percent),
    )


@api.post(
    "/v1/figure-deliveries",
    status_code=201,
    # A delivery that was taken before.
    responses={200: {"model": DeliveryView}},
    **operation(
        "deliverFigures",
        allow=allow("integration", "data_steward"),
        en="Deliver monthly figures",
        zh="报送月度数据",
        en_detail=f"At most {ROWS_MAX} rows, taken whole or not at all; each row is one client's closed month in one "
        "currency. Amounts in another currency need the month-end's rate. The same delivery again changes nothing; a "
        "later delivery that says otherwise corrects. Clients whose figures changed are evaluated again.",
        zh_detail=f"一次最多 {ROWS_MAX} 行，整批接收或整批拒绝；每行为一位客户某一已结束月份、某一币种的数据。"
        "外币须已登记月末汇率。重复报送同一批次不产生变化；后续批次内容不同即为更正。数据有变化的客户将重新评定。",
        audience=["ops", "branch"],
        example={
            "source": "core-banking",
            "delivery_no": "2026-10-0001",
            "rows": [
                {
                    "month": "2026-10", "client_no": "KH0000000001", "currency": "CNY", "deposit_average": "512000.00",
                    "card_purchases": "9200.00", "card_refunds": "300.00", "assets": "2150000.00", "loans": [],
                }
            ],
        },
    ),
)  # fmt: skip
async def deliver_figures(body: DeliverFigures, call: Call, response: Response) -> DeliveryView:
    taken = await take_figures(
        call.tx,
        [row.statement() for row in body.rows],
        source=body.source,
        delivery_no=body.delivery_no,
        scope=call.scope,
        by=call.principal,
        now=call.now,
    )
    if taken.repeated:
        response.status_code = 200
    return DeliveryView(
        delivery_id=taken.delivery_id,
        source=body.source,
        delivery_no=body.delivery_no,
        rows_total=taken.rows_total,
        rows_new=taken.rows_new,
        rows_corrected=taken.rows_corrected,
        rows_unchanged=taken.rows_total - taken.rows_new - taken.rows_corrected,
        clients_changed=taken.clients_changed,
        repeated=taken.repeated,
    )
