"""What a standard may not say: each piece of bad input has its answer."""

from datetime import date
from typing import Any

import pytest


@pytest.mark.requirement("CR-14")
@pytest.mark.parametrize(
    ("wanted", "pointer", "code"),
    [
        ({"level": "gold"}, "/level", "policy.level-unknown"),
        ({"level": "wealth"}, "/level", "policy.level-unknown"),
        ({"ladder": "service_tier", "level": "corporate_vip"}, "/level", "policy.level-unknown"),
        ({"valid_until": "2026-11-21"}, "/valid_until", "policy.dates-reversed"),
        ({"campaign": True}, "/valid_until", "policy.campaign-endless"),
        ({"unit": "bj-01-c1"}, "/unit_id", "policy.scope-kind"),
        ({"metric": "charm"}, "/criteria/0/metric", "criterion.metric-unknown"),
        ({"bound": "-1.00"}, "/criteria/0/bound/amount", "criterion.bound-not-positive"),
        ({"bound": "0"}, "/criteria/0/bound/amount", "criterion.bound-not-positive"),
        ({"bound": "0.125"}, "/criteria/0/bound/amount", "criterion.bound-decimals"),
        ({"currency": "USD"}, "/criteria/0/bound/currency", "criterion.currency"),
        ({"window_months": 6}, "/criteria/0/window_months", "criterion.window-unknown"),
        ({"conditions": ["repayment_clean", "nice"]}, "/criteria/0/conditions/1", "criterion.condition-unknown"),
    ],
)
async def test_a_field_that_makes_no_sense_is_named_in_both_languages(
    call, desk, draft, criterion, wanted: dict[str, Any], pointer: str, code: str
) -> None:
    of_criterion = {"metric", "bound", "currency", "window_months", "conditions"}
    one = criterion(
        wanted.get("metric", "deposit_avg_12m"),
        **{name: value for name, value in wanted.items() if name in ("window_months", "conditions")},
    )
    one["bound"] = {"amount": wanted.get("bound", "300000.00"), "currency": wanted.get("currency", "CNY")}
    body = draft(criteria=[one], **{name: value for name, value in wanted.items() if name not in of_criterion})
    said = set()
    for language in ("en", "zh-CN"):
        answer = await call(desk("bj-author"), "POST", "/v1/tier-policies", body=body, language=language)
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code)
        said.add(error["detail"])
    assert len(said) == 2


@pytest.mark.parametrize("junk", [300000.1, 1e300, "1e5", "NaN", "三十万", "", None, {"n": 1}])
async def test_a_bound_is_a_decimal_in_words_and_never_a_float(call, desk, draft, criterion, junk: Any) -> None:
    body = draft(criteria=[criterion() | {"bound": {"amount": junk, "currency": "CNY"}}])
    answer = await call(desk("bj-author"), "POST", "/v1/tier-policies", body=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/criteria/0/bound/amount"


async def test_two_criteria_of_one_code_are_refused(call, desk, draft, criterion) -> None:
    answer = await call(desk("bj-author"), "POST", "/v1/tier-policies", body=draft(criteria=[criterion(), criterion()]))
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("/criteria/1/code", "criterion.code-twice")
    ]


@pytest.mark.requirement("XC-15", "XC-20")
async def test_nobody_writes_or_decides_for_a_place_that_is_not_his(call, desk, policies, draft) -> None:
    for unit in ("sh", "hq"):
        answer = await call(desk("bj-author"), "POST", "/v1/tier-policies", body=draft(code="elsewhere", unit=unit))
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    written = await policies.written(draft())
    await policies.move(written, "submissions", "bj-author")
    for to in ("approvals", "refusals", "activations", "endings"):
        assert (await policies.move(written, to, "sh-approver")).status_code == 404
    assert (await call(desk("sh-approver"), "GET", f"/v1/tier-policies/{written['id']}")).status_code == 404
    assert (await policies.move(written, "approvals", "bj-author")).status_code == 403


@pytest.mark.requirement("CR-6")
async def test_only_head_office_sets_the_head_office_levels_numbers(policies, draft, criterion) -> None:
    body = draft(code="bj-ho", level="head_office", needs_filing=True, criteria=[criterion(bound="600000.00")])
    written = await policies.written(body)
    answer = await policies.move(written, "submissions", "bj-author")
    assert (answer.status_code, answer.json()["code"]) == (409, "policy.head-office-only")
    own = draft(
        code="head-office-standard", unit="hq", level="head_office", needs_filing=True,
        criteria=[criterion(bound="600000.00")],
    )  # fmt: skip
    assert (await policies.in_force(own, by="hq-author", approver="hq-pb"))["version"] == 2


@pytest.mark.requirement("CR-5")
async def test_a_branchs_further_metrics_for_the_head_office_level_wait_for_head_office(
    policies, draft, criterion
) -> None:
    body = draft(
        code="bj-ho", level="head_office", needs_filing=True, combinator="ALL",
        criteria=[criterion(bound="500000.00"), criterion("assets", "1000000.00")],
    )  # fmt: skip
    written = await policies.written(body)
    submitted = await policies.move(written, "submissions", "bj-author")
    assert submitted.json()["needs_head_office"] is True
    branch = await policies.move(written, "approvals", "bj-approver")
    assert (branch.status_code, branch.json()["code"]) == (409, "policy.needs-head-office")
    assert (await policies.move(written, "activations", "bj-author")).json()["code"] == "policy.not-approved"
    assert (await policies.move(written, "approvals", "hq-pb")).json()["status"] == "approved"


@pytest.mark.requirement("CR-12")
async def test_head_office_does_not_set_the_branch_level(policies, draft) -> None:
    written = await policies.written(draft(code="all-branches", unit="hq"), by="hq-author")
    answer = await policies.move(written, "submissions", "hq-author")
    assert (answer.status_code, answer.json()["code"]) == (409, "policy.branch-sets-it")


@pytest.mark.requirement("CR-15", "CR-19")
@pytest.mark.parametrize(
    "easier",
    [
        {"deposit": "499999.99"},
        {"needs_filing": False},
        {"loan_conditions": []},
    ],
    ids=["a lower bound", "no filing", "no clean repayment"],
)
async def test_a_branch_never_promises_more_than_head_office(
    policies, draft, criterion, easier: dict[str, Any]
) -> None:
    loan = criterion("loan_outstanding", "1000000.00", conditions=easier.get("loan_conditions", ["repayment_clean"]))
    body = draft(
        code="bj-ho", level="head_office", needs_filing=easier.get("needs_filing", True),
        criteria=[criterion(bound=easier.get("deposit", "500000.00")), loan, criterion("assets", "9000000.00")],
    )  # fmt: skip
    written = await policies.written(body)
    answer = await policies.move(written, "submissions", "bj-author")
    assert (answer.status_code, answer.json()["code"]) == (409, "policy.easier-than-head-office")
    assert answer.json()["detail"].count("head-office-standard/1") == 1


@pytest.mark.requirement("CR-2", "CR-15")
async def test_a_branchs_tier_rules_stay_inside_head_offices(policies, draft, criterion) -> None:
    wealth = {"code": "bj-wealth", "ladder": "service_tier", "level": "wealth"}
    easier = await policies.written(draft(**wealth, criteria=[criterion("assets", "1999999.99")]))
    answer = await policies.move(easier, "submissions", "bj-author")
    assert answer.json()["code"] == "policy.easier-than-head-office"
    stricter = draft(**wealth | {"code": "bj-wealth-2"}, criteria=[criterion("assets", "3000000.00")])
    assert (await policies.in_force(stricter))["status"] == "active"


async def test_a_lower_level_never_asks_for_more_than_a_higher_one(policies, draft, criterion) -> None:
    written = await policies.written(draft(criteria=[criterion(bound="500000.01")]))
    answer = await policies.move(written, "submissions", "bj-author")
    assert (answer.status_code, answer.json()["code"]) == (409, "policy.ladder-disordered")
    equal = await policies.written(draft(criteria=[criterion(bound="500000.00")]))
    assert (await policies.move(equal, "submissions", "bj-author")).status_code == 201


async def test_two_standards_for_one_level_and_place_in_the_same_days_are_refused(policies, draft) -> None:
    twin = await policies.written(draft(code="bj-other"))
    answer = await policies.move(twin, "submissions", "bj-author")
    assert (answer.status_code, answer.json()["code"]) == (409, "policy.overlaps")
    assert "bj-branch-standard/1" in answer.json()["detail"]
    second, third = await policies.written(draft()), await policies.written(draft(valid_from="2026-12-01"))
    assert (await policies.move(second, "submissions", "bj-author")).status_code == 201
    assert (await policies.move(third, "submissions", "bj-author")).json()["code"] == "policy.overlaps"


async def test_a_code_names_one_standard(call, desk, draft) -> None:
    body = draft(unit="sh", code="bj-branch-standard")
    answer = await call(desk("hq-author"), "POST", "/v1/tier-policies", body=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "policy.code-taken")


async def test_a_minimum_tenure_counts_whole_months_and_says_why(
    bank, call, person, policies, draft, criterion
) -> None:
    await policies.in_force(draft(minimum_tenure_months=12, criteria=[criterion(bound="200000.00")]))
    from_day = {"2025-11-22": "branch", "2025-11-23": "none"}
    for day, level in from_day.items():
        client = await bank.add_client(manager="staff:1001", since=date.fromisoformat(day))
        await bank.rich(client, deposit=600_000 if level == "none" else 250_000)
        if level == "none":
            await bank.run("DELETE FROM monthly_figures WHERE client_id = $1 AND month < '2026-05-01'", client)
        await bank.evaluate()
        row = await bank.row(
            "SELECT * FROM qualification_decisions WHERE client_id = $1 ORDER BY id DESC LIMIT 1", client
        )
        ours = next(o for o in row["outcomes"] if o["code"] == "bj-branch-standard")
        assert (row["tenure_months"], ours["outcome"]) == ((12, "met") if level == "branch" else (11, "not_met"))
        assert ours["reasons"] == ([] if level == "branch" else ["tenure-too-short"])
        body = (await call(person("1001"), "GET", f"/v1/clients/{client}/qualification")).json()
        plain = next(p for p in body["policies"] if p["code"] == "bj-branch-standard")
        assert plain["outcome"] == ours["outcome"]
    unknown = await bank.add_client()
    await bank.rich(unknown, deposit=250_000)
    await bank.evaluate()
    row = await bank.row("SELECT * FROM qualification_decisions WHERE client_id = $1", unknown)
    assert (row["level_met"], row["card_undecided"]) == ("none", True)
