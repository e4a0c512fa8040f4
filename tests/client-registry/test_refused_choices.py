"""Bodies whose fields do not hang together: the refusal says in words what to give instead."""

import pytest

ONE = "01936f2e-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("who", "path", "body", "code", "zh"),
    [
        ("1004", "/v1/qualification-filings", {}, "filing.one-choice", "二者择一"),
        (
            "1004",
            "/v1/qualification-filings",
            {"client_ids": [ONE], "all_candidates": True},
            "filing.one-choice",
            "二者择一",
        ),
        ("1006", "/v1/client-lookups", {}, "lookup.one-of", "只能填写一项"),
        (
            "1006",
            f"/v1/client-lookups/{ONE}/confirmations",
            {"phone": "13812345678"},
            "lookup.one-factor",
            "called_back 设为 true",
        ),
        (
            "1006",
            "/v1/entitlement-checks",
            {"service": "queue-priority", "unit_id": ONE, "client_id": ONE, "lookup_id": ONE},
            "client.one-of",
            "只能填写一项",
        ),
        ("1004", "/v1/policy-simulations", {}, "simulation.nothing-given", "须填写 policy_ids"),
        ("1004", "/v1/qualification-rechecks", {"client_id": ONE}, "recheck.one-choice", "择一填写"),
    ],
)
async def test_what_to_give_instead_is_said_in_both_languages(call, person, who, path, body, code, zh) -> None:
    english = await call(person(who), "POST", path, body=body)
    chinese = await call(person(who), "POST", path, body=body, language="zh-CN")
    assert [answer.status_code for answer in (english, chinese)] == [422, 422]
    told = [(error["in"], error["pointer"], error["code"]) for error in english.json()["errors"]]
    assert told == [("body", "", code)]
    assert english.json()["errors"][0]["detail"] != "The value is not valid."
    assert zh in chinese.json()["errors"][0]["detail"]
