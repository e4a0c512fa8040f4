"""How a client of a class is treated (CR-33 to CR-37, BOC-C customer classification, section 3): reference texts."""

from chassis.texts import Text

from client_registry.domain.grades import Grade

VALUE_TREATMENT = {
    Grade.HIGH: Text(
        en="A dedicated manager and team one to one, priority handling, tailored products and credit lines, regular visits.",
        zh="配备专属客户经理及服务团队一对一服务，优先受理与响应，量身定制产品与授信，定期回访。",
    ),
    Grade.MID: Text(
        en="Professional support of a manager, targeted offers, regular care by phone, SMS or e-mail with feedback.",
        zh="提供专业客户经理支持，精准推荐产品与活动，定期以电话、短信、邮件关怀并收集满意度反馈。",
    ),
    Grade.LOW: Text(
        en="Basic service is guaranteed, procedures are simple, and the client is guided to grow in value.",
        zh="保障基础服务，简化办理流程，引导客户提升价值。",
    ),
}
RISK_TREATMENT = {
    Grade.HIGH: Text(
        en="Stronger monitoring, strict review, exposure under control, assessed again in fixed periods.",
        zh="加强监测、严格审查、控制风险敞口，定期重新评估与排查。",
    ),
    Grade.MID: Text(
        en="Watch changes and look more closely when business is handled.", zh="关注变化，办理业务时加强审核。"
    ),
    Grade.LOW: Text(en="Convenience and offers.", zh="提供便利与优惠。"),
}
MEASURE_TEXT = {
    "assets": Text(en="asset size", zh="资产规模"),
    "active_months": Text(en="months with transactions", zh="交易频率"),
    "profit": Text(en="profitability", zh="盈利贡献"),
}
WHY_VALUE = Text(
    en="{score} of 100 points by model version {version}: {parts}.",
    zh="按模型第{version}版评分{score}分（满分100）：{parts}。",
)
REASON_TEXT = {
    "warning-overdraft": Text(en="early warning: overdraft", zh="预警：透支"),
    "warning-overdue": Text(en="early warning: overdue", zh="预警：逾期"),
    "warning-guarantee_default": Text(en="early warning: guarantee default", zh="预警：担保代偿"),
    "warning-litigation": Text(en="early warning: litigation", zh="预警：涉诉"),
    "warning-market_loss": Text(en="early warning: market loss", zh="预警：市场风险损失"),
    "event-loan_overdue": Text(en="risk event: a loan was overdue", zh="风险事件：贷款逾期"),
    "event-card_overdue": Text(en="risk event: a card debt was overdue", zh="风险事件：信用卡逾期"),
    "event-malicious_overdraft": Text(en="risk event: malicious overdraft", zh="风险事件：恶意透支"),
    "event-credit_record": Text(en="risk event: an entry in the credit record", zh="风险事件：征信不良记录"),
    "event-guarantee_default": Text(en="risk event: a guarantee was called", zh="风险事件：担保违约"),
    "repayment-not-clean": Text(en="loans were not repaid well", zh="还款记录不良"),
    "repayment-unknown": Text(en="no repayment record was delivered", zh="缺少还款记录"),
    "credit-score-low": Text(en="credit score in the low band", zh="信用评分处于低分段"),
    "credit-score-middling": Text(en="credit score in the middle band", zh="信用评分处于中等分段"),
}
