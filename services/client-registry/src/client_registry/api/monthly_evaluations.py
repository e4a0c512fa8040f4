"""The monthly evaluation that begins by itself: its policy values, what comes next, what it found (A5, CR-16)."""

from datetime import date, datetime

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.etags import require_match, set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from fastapi import Response

from client_registry.domain.evaluation_policy import EvaluationPolicy
from client_registry.use_cases.change_evaluation_policy import change_evaluation_policy, lock_evaluation_policy
from client_registry.views import monthly_evaluations as views

api = router()
_READERS = allow("head_office_personal_banking", "branch_personal_banking", "policy_author", "policy_approver", "operator",
                 "auditor")  # fmt: skip
_CHANGERS = allow("head_office_personal_banking", "operator")
_EXAMPLE = {
    "figures_percent": 95, "from_hour": 2, "latest_working_day": 5, "classify": True, "near_percent": 10,
    "article": "A5, CCB Art. 14",
}  # fmt: skip


class EvaluationPolicyBody(Input):
    """All values of the policy, and what they rest on."""

    figures_percent: int = described(
        en="Share of clients with figures of the month from which on it is evaluated", zh="数据到齐比例达到后即评定",
        ge=1, le=100,
    )  # fmt: skip
    from_hour: int = described(en="Hour of the day, Shanghai", zh="每日起始时点（时）", ge=0, le=23)
    latest_working_day: int = described(
        en="Working day of the next month on which it is evaluated at the latest", zh="最迟于次月第几个工作日评定",
        ge=1, le=20,
    )  # fmt: skip
    classify: bool = described(en="Classify everybody after it", zh="评定后进行客户分类")
    near_percent: int = described(en="What may be missing of a bound", zh="临近达标的差额百分比", ge=1, le=100)
    article: str = described(en="What it rests on", zh="依据", min_length=1, max_length=200)


class EvaluationPolicyView(Output):
    """The values in force, and the month that is next."""

    version: int
    figures_percent: int
    from_hour: int
    latest_working_day: int
    classify: bool
    near_percent: int
    month: str
    month_begun: bool
    month_figures_percent: int
    latest_at: datetime | None = described(
        en="When the month begins at the latest; null without a working calendar", zh="最迟评定时间；无工作日历时为空"
    )
    provisional: bool = described(en="No official calendar of that year yet", zh="该年度工作日历尚未正式发布")


class BranchSummary(Output):
    """One branch in figures."""

    branch: str
    evaluated: int
    qualified: int
    tiers_up: int
    tiers_down: int
    foreseen_down: int
    undecided: int


class MonthlyEvaluationView(Output):
    """One month's evaluation or classification; the figures stand once it succeeded."""

    month: str
    kind: str
    operation_id: str | None
    status: str | None
    begun_at: datetime
    finished_at: datetime | None
    because: str
    figures_percent: int
    months_missed: int
    done: int | None
    total: int | None
    branches: list[BranchSummary]


@api.get(
    "/v1/evaluation-policy",
    **operation(
        "getEvaluationPolicy",
        allow=_READERS,
        en="When everybody is evaluated",
        zh="查询月度评定政策",
        en_detail="The values in force, how much of the last closed month is delivered, and when it begins at the latest.",
        zh_detail="返回现行参数、上月数据到齐情况及最迟评定时间。",
        audience=["branch", "ops"],
    ),
)
async def get_policy(call: Call, response: Response) -> EvaluationPolicyView:
    policy = await views.evaluation_policy(call.tx)
    set_etag(response, policy.version)
    return _view(policy, await views.outlook(call.tx, now=call.now))


@api.put(
    "/v1/evaluation-policy",
    **operation(
        "changeEvaluationPolicy",
        allow=_CHANGERS,
        en="Change when everybody is evaluated",
        zh="修改月度评定政策",
        en_detail="A new version, which counts at once; a month that was begun is not begun again.",
        zh_detail="生成新版本并即时生效；已开始评定的月份不再重复。",
        audience=["branch", "ops"],
        if_match=True,
        example=_EXAMPLE,
    ),
)
async def change_policy(body: EvaluationPolicyBody, call: Call, response: Response) -> EvaluationPolicyView:
    present = await lock_evaluation_policy(call.tx)
    require_match(call.request, present.version)
    changed = await change_evaluation_policy(
        call.tx, present, body.model_dump(exclude={"article"}), article=body.article, by=call.principal, now=call.now
    )
    set_etag(response, changed.version)
    return _view(changed, await views.outlook(call.tx, now=call.now))


@api.get(
    "/v1/monthly-evaluations",
    **operation(
        "listMonthlyEvaluations",
        allow=_READERS,
        en="List monthly evaluations",
        zh="查询月度评定记录",
        en_detail="The newest month first: why it began, what became of it, and for each branch how many moved up, will "
        "fall and are undecided. Figures only, no clients.",
        zh_detail="按月份倒序返回开始原因、执行结果及各分行升级、预警降级、未定户数；仅有统计数字，不含客户信息。",
        audience=["branch", "ops"],
    ),
)
async def list_evaluations(call: Call, params: Page) -> PageOf[MonthlyEvaluationView]:
    key = params.after(date, str)
    found = await views.list_begun(call.tx, before=None if key is None else (key[0], key[1]), size=params.limit + 1)
    kept, cursor = cut(found, params.limit, lambda row: (row["month"], row["kind"]))
    items = []
    for row in kept:
        branches = (row["result"] or {}).get("branches", {})
        items.append(
            MonthlyEvaluationView(
                **{name: row[name] for name in (
                    "kind", "status", "begun_at", "finished_at", "because", "figures_percent", "months_missed", "done",
                    "total",
                )},
                month=f"{row['month']:%Y-%m}",
                operation_id=None if row["operation_id"] is None else str(row["operation_id"]),
                branches=[_branch(branch, counts) for branch, counts in sorted(branches.items())],
            )
        )  # fmt: skip
    return page(items, cursor)


def _branch(branch: str, counts: dict[str, int]) -> BranchSummary:
    named = BranchSummary.model_fields.keys() - {"branch"}
    return BranchSummary(branch=branch, **{name: counts.get(name, 0) for name in named})


def _view(policy: EvaluationPolicy, outlook: views.Outlook) -> EvaluationPolicyView:
    return EvaluationPolicyView(
        version=policy.version,
        **policy.values(),
        month=f"{outlook.month:%Y-%m}",
        month_begun=outlook.begun,
        month_figures_percent=outlook.figures_percent,
        latest_at=outlook.latest_at,
        provisional=outlook.provisional,
    )
