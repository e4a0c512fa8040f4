"""What a criterion may measure, and what each word means (CR-4; domain decisions, section 2)."""

from dataclasses import dataclass

from chassis.texts import Text

from client_registry.domain.circumstances import HOLDS_PRODUCT, PRODUCT_WINDOWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One measure. `window_months` counts closed months before the decision day; 1 is the last month-end, 0 the day itself.

    `unit` is yuan, or a product that is held or not.
    """

    name: str
    window_months: int
    text: Text
    unit: str = "CNY"
    further_windows: tuple[int, ...] = ()


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            name="deposit_avg_12m",
            window_months=12,
            text=Text(
                en="Mean of the monthly average deposit balances of twelve closed months, all currencies in yuan",
                zh="近十二个完整月份储蓄存款月均余额的平均值，外币折算为人民币",
            ),
        ),
        Metric(
            name="loan_outstanding",
            window_months=1,
            text=Text(en="Personal loans outstanding at the last month-end", zh="上月末个人贷款余额"),
        ),
        Metric(
            name="card_spend_12m",
            window_months=12,
            text=Text(
                en="Card purchases less refunds in twelve closed months, without cash advances and fees",
                zh="近十二个完整月份银行卡消费额，扣除退货，不含取现和费用",
            ),
        ),
        Metric(
            name="assets",
            window_months=1,
            text=Text(
                en="Assets under management at the last month-end; the deposits where none are delivered",
                zh="上月末管理资产总额；未提供时以存款计，视为下限",
            ),
        ),
        Metric(
            name=HOLDS_PRODUCT,
            window_months=PRODUCT_WINDOWS[0],
            unit="product",
            further_windows=PRODUCT_WINDOWS[1:],
            text=Text(
                en="One of the named products is held on the day of the decision (0) or at the last month-end (1); a product "
                "is held from the day it is opened until the day before it is closed",
                zh="于判定当日（0）或上月末（1）持有所列产品之一；自开立当日起算，至销户前一日止",
            ),
        ),
    )
}
