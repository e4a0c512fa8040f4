"""What a criterion may measure, and what each word means (CR-4; domain decisions, section 2)."""

from dataclasses import dataclass

from chassis.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One measure in yuan. `window_months` counts closed months before the decision day; 1 is the last month-end."""

    name: str
    window_months: int
    text: Text


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
    )
}
