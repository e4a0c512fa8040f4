"""The words of a contact plan's "why", in both languages."""

from collections.abc import Mapping

from chassis.bodies import Output
from chassis.db import Record
from chassis.texts import Language, Text

INTERVALS: Mapping[str, Text] = {
    "week": Text(en="once a week", zh="每周一次"),
    "two_weeks": Text(en="once every two weeks", zh="每两周一次"),
    "month": Text(en="once a month", zh="每月一次"),
    "quarter": Text(en="once a quarter", zh="每季度一次"),
    "half_year": Text(en="once every half year", zh="每半年一次"),
    "year": Text(en="once a year", zh="每年一次"),
}
BECAUSE: Mapping[str, Text] = {
    "EN-1": Text(en="assets of RMB 8,000,000 or more", zh="资产800万元以上"),
    "EN-2": Text(en="assets of RMB 2,000,000 to 8,000,000", zh="资产200万至800万元"),
    "EN-4": Text(en="high-value client", zh="高价值客户"),
    "EN-5": Text(en="mid-value client", zh="中价值客户"),
    "EN-6": Text(en="low-value client", zh="低价值客户"),
    "EN-7": Text(en="the client's own wish on the registration form", zh="客户在登记表中选择的联系频率"),
}
SENTENCE = Text(
    en="At least {interval}, because of: {because} ({rule}, {article}). Counted from {counted_from}, so by {latest_on} at the"
    " latest; planned for the working day {plan_on}.",
    zh="至少{interval},依据:{because}({rule},{article})。自{counted_from}起算,最迟{latest_on};安排在工作日{plan_on}。",
)
CONFLICT = Text(
    en=" The client wishes less contact ({wish}); the bank's floor holds until the manager's supervisor waives it.",
    zh="客户希望的频率较低({wish});除非客户经理主管豁免,仍按银行规定执行。",
)
PROVISIONAL = Text(
    en=" The holiday notice of that year is not out yet: the day is provisional.",
    zh="该年度放假安排尚未公布,日期为暂定。",
)
NO_PLAN = Text(
    en="No contact floor applies to this client and no interval is wished; nothing is planned.",
    zh="该客户不适用任何联系频率规定,也未提出希望的频率;无联系计划。",
)
WISHES: Mapping[str, Text] = {
    "monthly": Text(en="monthly", zh="每月"),
    "quarterly": Text(en="quarterly", zh="每季度"),
    "half_yearly": Text(en="half-yearly", zh="每半年"),
    "yearly": Text(en="yearly", zh="每年"),
    "any_time": Text(en="any time when necessary", zh="必要时随时"),
}


class Reason(Output):
    """One rule that applies: its interval and article."""

    rule: str
    interval: str
    article: str


class Explanation(Output):
    """Why the plan is what it is: a sentence, the rule that won, those that lost, versions and inputs."""

    sentence: str
    rule: str | None
    article: str | None
    losing: list[Reason]
    wish_conflicts: bool
    policy_version: int | None
    calendar_version: int | None
    inputs: dict[str, str | None]


def explain(row: Record, language: Language) -> Explanation:
    """The explanation of a plan row joined to its relationship; a client without a plan is explained too."""
    inputs = {
        name: row[name] for name in ("asset_band", "value_class", "wished_interval", "service_tier", "card_level")
    }
    if row["plan_on"] is None:
        return Explanation(
            sentence=NO_PLAN.say(language),
            rule=None,
            article=None,
            losing=[],
            wish_conflicts=False,
            policy_version=None,
            calendar_version=None,
            inputs=inputs,
        )
    decision = row["decision"]
    sentence = SENTENCE.say(
        language,
        interval=INTERVALS[row["interval"]].say(language),
        because=BECAUSE[row["rule"]].say(language),
        rule=row["rule"],
        article=decision["article"],
        counted_from=row["counted_from"],
        latest_on=row["latest_on"],
        plan_on=row["plan_on"],
    )
    if decision["wish_conflicts"]:
        sentence += CONFLICT.say(language, wish=WISHES[row["wished_interval"]].say(language))
    if row["provisional"]:
        sentence += PROVISIONAL.say(language)
    return Explanation(
        sentence=sentence,
        rule=row["rule"],
        article=decision["article"],
        losing=[Reason(**losing) for losing in decision["losing"]],
        wish_conflicts=decision["wish_conflicts"],
        policy_version=row["policy_version"],
        calendar_version=row["calendar_version"],
        inputs=inputs,
    )
