"""Products held and negative conditions as a standard states them: what may be said, what head office's limit is, what
a client is told, and that simulation and re-check say the same as a run."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.operations_worker import OperationsWorker
from chassis.texts import Language
from client_registry.api.policy_bodies import PolicyContent
from client_registry.app import SERVICE
from client_registry.domain.organisation import UnitKind
from client_registry.domain.policy_rules import field_errors
from client_registry.domain.vetoes import Veto, veto_errors

OVERDUE = {"kind": "risk_event", "event_kinds": ["loan_overdue"], "within_months": 12, "article": "CR-18"}
REPAYMENT = {"kind": "bad_repayment", "article": "CR-8"}


def card(*products: str, **wanted: Any) -> dict[str, Any]:
    return {
        "code": "card", "metric": "holds_product", "products": list(products), "article": "BOC-S Art. 27",
        "text_zh": "持有产品", "text_en": "Holds the product", **wanted,
    }  # fmt: skip


def wealth(draft, **wanted: Any) -> dict[str, Any]:
    given = {"code": "bj-wealth", "ladder": "service_tier", "level": "wealth", "grace_months": 3, **wanted}
    return draft(**{"criteria": [card("boc-wealth-card")], **given})


@pytest.mark.requirement("CR-22")
@pytest.mark.parametrize(
    ("criteria", "vetoes", "pointer", "code"),
    [
        ([card()], [], "/criteria/0/products", "criterion.products-missing"),
        ([card("a", "b", "a")], [], "/criteria/0/products/2", "criterion.product-twice"),
        ([card("a", bound={"amount": "1.00", "currency": "CNY"})], [], "/criteria/0/bound", "criterion.bound-of-product"),
        ([card("a", window_months=12)], [], "/criteria/0/window_months", "criterion.window-unknown"),
        ([card("a", metric="assets", bound={"amount": "1.00", "currency": "CNY"})], [], "/criteria/0/products",
         "criterion.products-not-asked"),
        ([card(metric="assets")], [], "/criteria/0/bound", "criterion.bound-missing"),
        ([card("a")], [{"kind": "bad_mood", "article": "x"}], "/vetoes/0/kind", "veto.kind-unknown"),
        ([card("a")], [REPAYMENT, REPAYMENT], "/vetoes/1", "veto.twice"),
        ([card("a")], [OVERDUE, {**OVERDUE, "article": "else"}], "/vetoes/1", "veto.twice"),
        ([card("a")], [{**REPAYMENT, "within_months": 6}], "/vetoes/0/within_months", "veto.not-for-repayment"),
        ([card("a")], [{**REPAYMENT, "event_kinds": ["loan_overdue"]}], "/vetoes/0/event_kinds",
         "veto.not-for-repayment"),
        ([card("a")], [{**REPAYMENT, "days_overdue_min": 1}], "/vetoes/0/days_overdue_min", "veto.not-for-repayment"),
        ([card("a")], [{**OVERDUE, "event_kinds": []}], "/vetoes/0/event_kinds", "veto.events-missing"),
        ([card("a")], [{**OVERDUE, "event_kinds": ["loan_overdue", "cured"]}], "/vetoes/0/event_kinds/1",
         "veto.event-unknown"),
        ([card("a")], [{**OVERDUE, "within_months": 0}], "/vetoes/0/within_months", "veto.months"),
        ([card("a")], [{**OVERDUE, "within_months": 61}], "/vetoes/0/within_months", "veto.months"),
        ([card("a")], [{**OVERDUE, "within_months": None}], "/vetoes/0/within_months", "veto.months"),
        ([card("a")], [{**OVERDUE, "days_overdue_min": 0}], "/vetoes/0/days_overdue_min", "veto.days"),
        ([card("a")], [{**OVERDUE, "days_overdue_min": 10_000}], "/vetoes/0/days_overdue_min", "veto.days"),
        ([card("a")], [{**OVERDUE, "event_kinds": ["loan_overdue", "malicious_overdraft"], "days_overdue_min": 30}],
         "/vetoes/0/days_overdue_min", "veto.days-contradict"),
    ],
)  # fmt: skip
def test_a_product_or_veto_that_makes_no_sense_is_named_with_its_field(criteria, vetoes, pointer, code) -> None:
    from_wire = PolicyContent.model_validate(
        {"ladder": "service_tier", "level": "wealth", "unit_id": str(UUID(int=1)), "criteria": criteria,
         "vetoes": vetoes, "article": "x", "valid_from": "2026-11-22"}
    )  # fmt: skip
    policy = from_wire.policy(code="bj-wealth")
    (error,) = field_errors(policy, scope_kind=UnitKind.FIRST_LEVEL_BRANCH, currencies=from_wire.currencies())
    assert (error.pointer, error.code) == (pointer, code)
    said = {error.text.say(language, **error.params) for language in (Language.EN, Language.ZH)}
    assert len(said) == 2


@pytest.mark.parametrize("months", [1, 60])
@pytest.mark.parametrize("days", [None, 1, 9_999])
def test_the_ends_of_what_a_veto_may_say_are_allowed(months, days) -> None:
    veto = Veto(
        kind="risk_event", event_kinds=("loan_overdue", "card_overdue"), within_months=months, days_overdue_min=days
    )
    assert veto_errors([veto, Veto(kind="bad_repayment")]) == []


@pytest.mark.requirement("CR-14", "CR-22")
async def test_a_bad_product_and_a_bad_veto_are_refused_over_http_in_both_languages(call, desk, draft) -> None:
    body = wealth(draft, criteria=[card()], vetoes=[{**OVERDUE, "event_kinds": ["bad_mood"]}])
    said = []
    for language in ("en", "zh-CN"):
        answer = await call(desk("bj-author"), "POST", "/v1/tier-policies", body=body, language=language)
        assert answer.status_code == 422
        errors = answer.json()["errors"]
        assert [(each["pointer"], each["code"]) for each in errors] == [
            ("/criteria/0/products", "criterion.products-missing"),
            ("/vetoes/0/event_kinds/0", "veto.event-unknown"),
        ]
        said.append([each["detail"] for each in errors])
    assert not set(said[0]) & set(said[1])
    junk = await call(desk("bj-author"), "POST", "/v1/tier-policies", body=wealth(draft, criteria=[card("a b")]))
    assert (junk.status_code, junk.json()["errors"][0]["pointer"]) == (422, "/criteria/0/products/0")


@pytest.mark.requirement("CR-15", "CR-19", "CR-22")
async def test_a_branch_names_no_product_that_head_office_does_not_name(call, desk, policies, draft) -> None:
    for name, product, window in (("more", "bj-card", None), ("another-day", "boc-wealth-card", 1)):
        body = wealth(draft, code=name, criteria=[card(product, window_months=window)])
        answer = await policies.move(await policies.written(body), "submissions", "bj-author")
        assert (answer.status_code, answer.json()["code"]) == (409, "policy.easier-than-head-office")
        assert "card" in answer.json()["detail"]
    same = await policies.move(await policies.written(wealth(draft)), "submissions", "bj-author")
    assert (same.status_code, same.json()["needs_head_office"]) == (201, False)


@pytest.mark.requirement("CR-5", "CR-22")
async def test_a_card_where_head_office_asks_for_none_is_a_further_metric(
    call, desk, policies, draft, criterion
) -> None:
    body = draft(code="bj-ho", level="head_office", needs_filing=True, criteria=[card("boc-wealth-card")])
    answer = await policies.move(await policies.written(body), "submissions", "bj-author")
    assert (answer.status_code, answer.json()["needs_head_office"]) == (201, True)


@pytest.mark.requirement("CR-15", "CR-19")
async def test_a_branch_leaves_out_no_negative_condition_of_head_office(call, desk, policies, draft) -> None:
    hq = {"unit": "hq", "valid_from": "2026-11-22"}
    vetoes = [REPAYMENT, {**OVERDUE, "event_kinds": ["loan_overdue"], "days_overdue_min": 30}]
    await policies.in_force(
        wealth(draft, code="wealth-tier", vetoes=vetoes, **hq), by="hq-author", approver="hq-approver"
    )
    refused = [
        [],
        [REPAYMENT],
        [vetoes[1]],
        [REPAYMENT, {**vetoes[1], "within_months": 11}],
        [REPAYMENT, {**vetoes[1], "days_overdue_min": 31}],
        [REPAYMENT, {**vetoes[1], "event_kinds": ["card_overdue"]}],
    ]
    for n, given in enumerate(refused):
        written = await policies.written(wealth(draft, code=f"bj-{n}", vetoes=given))
        answer = await policies.move(written, "submissions", "bj-author")
        assert (answer.status_code, answer.json()["code"]) == (409, "policy.easier-than-head-office"), given
        assert "vetoes" in answer.json()["detail"]
    harder = [REPAYMENT, {**OVERDUE, "event_kinds": ["card_overdue", "loan_overdue"], "within_months": 24}]
    written = await policies.written(wealth(draft, vetoes=harder))
    answer = await policies.move(written, "submissions", "bj-author")
    assert (answer.status_code, [veto["kind"] for veto in answer.json()["vetoes"]]) == (
        201,
        ["bad_repayment", "risk_event"],
    )


@pytest.mark.requirement("CR-15", "CR-19")
async def test_a_branch_leaves_out_no_criterion_where_head_office_asks_for_all(policies, draft, criterion) -> None:
    both = [card("boc-wealth-card"), criterion("assets", "2000000.00")]
    await policies.in_force(
        wealth(draft, code="wealth-tier", unit="hq", combinator="ALL", criteria=both),
        by="hq-author",
        approver="hq-approver",
    )
    one = await policies.written(wealth(draft, combinator="ALL", criteria=both[1:]))
    answer = await policies.move(one, "submissions", "bj-author")
    assert (answer.status_code, answer.json()["code"]) == (409, "policy.easier-than-head-office")
    assert "holds_product" in answer.json()["detail"]


@pytest.mark.requirement("CR-22", "CR-23")
async def test_the_explanation_names_the_card_and_since_when(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.hold(client, ("great-wall-amex", date(2026, 5, 4), True))
    await bank.evaluate()
    (up,) = await bank.said("ClientUpgraded", client)
    assert (up["service_tier_to"], up["cause"], up["policy_version"]) == (
        "private_banking", "evaluation", "private-banking-tier/1",
    )  # fmt: skip
    found = (await call(person("1001"), "GET", f"/v1/clients/{client}/qualification")).json()
    assert (found["service_tier"], found["service_tier_met"]) == ("private_banking", "private_banking")
    met = criterion_of(found, "private-banking-tier", "card")
    assert (met["outcome"], met["held_product"], met["held_since_on"], met["value"], met["bound"]) == (
        "met", "great-wall-amex", "2026-05-04", None, None,
    )  # fmt: skip
    assert met["explanation"] == {
        "en": "Holds great-wall-amex since 2026-05-04.", "zh": "自 2026-05-04 起持有产品 great-wall-amex。",
    }  # fmt: skip
    missing = criterion_of(found, "wealth-tier", "card")
    assert (missing["outcome"], missing["reason"], missing["held_product"]) == ("not_met", "product-not-held", None)
    assert missing["explanation"]["en"] == "None of the products boc-wealth-card was held on 2026-11-22."
    short = (await call(person("1001"), "GET", f"/v1/clients/{client}/shortfall")).json()
    wealth_line = next(each for each in short["standards"] if each["level"] == "wealth")
    card_line = next(each for each in wealth_line["missing"] if each["criterion"] == "card")
    assert (card_line["missing_percent"], card_line["missing"], card_line["reason"]) == (100, None, "product-not-held")


@pytest.mark.requirement("CR-22")
async def test_a_decision_of_then_goes_by_the_products_known_then(bank, call, person) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.rich(client, assets=100)
    await bank.hold(client, ("boc-wealth-card", date(2026, 3, 1), True))
    await bank.evaluate()
    bank.now += timedelta(days=1)
    await bank.hold(client, ("boc-wealth-card", date(2026, 3, 1), False), known_at=bank.now)
    await bank.evaluate(as_of=date(2026, 11, 23))
    rows = await bank.rows("SELECT tier_met FROM qualification_decisions WHERE client_id = $1 ORDER BY id", client)
    assert [row["tier_met"] for row in rows] == ["wealth", "mass"]
    for day, tier in (("2026-11-22", "wealth"), ("2026-11-23", "mass")):
        body = {"client_id": str(client), "as_of": day}
        then = (await call(person("1004"), "POST", "/v1/qualification-rechecks", body=body)).json()
        assert then["equal"] is True
        read = await call(person("1001"), "GET", f"/v1/clients/{client}/qualification", params={"as_of": day})
        assert read.json()["service_tier_met"] == tier
    # The tier itself is kept for the grace of the policy.
    file = await bank.client(client)
    assert (file["service_tier"], file["tier_short_since_on"]) == ("wealth", date(2026, 11, 23))


@pytest.mark.requirement("CR-18")
async def test_a_veto_refuses_says_why_and_ends_with_its_months(bank, call, person, policies, draft, criterion) -> None:
    client = await bank.add_client(manager="staff:1001")
    await bank.rich(client, deposit=300_000)
    await bank.harm(client, ("loan_overdue", date(2025, 11, 25), 45))
    await policies.in_force(draft(criteria=[criterion()], vetoes=[{**OVERDUE, "days_overdue_min": 30}, REPAYMENT]))
    await bank.evaluate()
    read = (await call(person("1001"), "GET", f"/v1/clients/{client}/qualification")).json()
    result = next(each for each in read["policies"] if each["code"] == "bj-branch-standard")
    assert (read["card_level_met"], result["outcome"], result["criteria"][0]["outcome"]) == ("none", "not_met", "met")
    (veto,) = result["vetoes"]
    assert (veto["reason"], veto["event_kind"], veto["occurred_on"], veto["article"]) == (
        "veto-risk-event", "loan_overdue", "2025-11-25", "CR-18",
    )  # fmt: skip
    assert "2025-11-25" in veto["explanation"]["zh"] and "贷款逾期" in veto["explanation"]["zh"]
    assert "loan overdue" in veto["explanation"]["en"]
    short = (await call(person("1001"), "GET", f"/v1/clients/{client}/shortfall")).json()
    branch = next(each for each in short["standards"] if each["level"] == "branch")
    assert (branch["met"], [each["reason"] for each in branch["missing"]]) == (False, ["veto-risk-event"])
    # Nothing is delivered anew: a run finds the client because the event has ceased to count.
    for day, levels in ((24, []), (25, ["branch"])):
        bank.now = datetime(2026, 11, day, 4, tzinfo=UTC)
        await bank.evaluate(as_of=date(2026, 11, day))
        assert [row["level"] for row in await bank.rows("SELECT level FROM qualifications")] == levels


@pytest.mark.requirement("CR-22", "CR-14")
async def test_a_simulation_tries_products_and_vetoes_as_a_run_would_decide(bank, runtime, call, desk, draft) -> None:
    holder, harmed, late, none = await bank.add_clients(4)
    for client in (holder, harmed):
        await bank.hold(client, ("november-card", date(2026, 10, 31), True))
    await bank.hold(late, ("november-card", date(2026, 11, 1), True))
    await bank.harm(harmed, ("card_overdue", date(2026, 1, 1), 5))
    version = wealth(draft, code="november", unit="hq", campaign=True, valid_until="2026-12-31",
                     criteria=[card("november-card", window_months=1)],
                     vetoes=[{**OVERDUE, "event_kinds": ["card_overdue"]}])  # fmt: skip
    version.pop("reason")
    hq = desk("hq-author")
    accepted = await call(hq, "POST", "/v1/policy-simulations", body={"versions": [version]})
    assert accepted.status_code == 202, accepted.text
    worker = OperationsWorker(runtime.database, SERVICE.operations, clock=runtime.clock)
    assert await worker.work_on_one(asyncio.Event())
    found = (await call(hq, "GET", accepted.headers["location"])).json()
    assert [(move["tier_from"], move["tier_to"], move["clients"]) for move in found["moves"]] == [("mass", "wealth", 1)]
    listed = (await call(hq, "GET", accepted.headers["location"] + "/moves")).json()["items"]
    assert [each["client_id"] for each in listed] == [str(holder)]
    assert none is not None


def criterion_of(explanation: dict[str, Any], policy: str, code: str) -> dict[str, Any]:
    result = next(each for each in explanation["policies"] if each["code"] == policy)
    return next(each for each in result["criteria"] if each["code"] == code)
