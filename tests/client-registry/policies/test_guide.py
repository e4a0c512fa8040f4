"""The guide for writers of standards, request by request as it stands on the page."""

import asyncio
import re
from json import loads
from pathlib import Path

from chassis.operations_worker import OperationsWorker
from client_registry.app import SERVICE

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide-policy-writer.md"
REQUEST = re.compile(r"```http\n# as (\w+) → (\d+)\n(\w+) (\S+)\n(.*?)```", re.DOTALL)


async def test_every_request_of_the_guide_answers_as_the_guide_says(bank, runtime, call, desk, person) -> None:
    who = {
        "policy_author": desk("bj-author"),
        "policy_approver": desk("bj-approver"),
        "branch_personal_banking": person("1004"),
    }
    client = await bank.add_client()
    await bank.rich(client, deposit=250_000)
    await bank.evaluate()
    known = {"BRANCH": str(bank.units["bj"]), "CLIENT": str(client)}
    requests = REQUEST.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(requests) == GUIDE.read_text(encoding="utf-8").count("```http") == 20
    answers = []
    for role, status, method, path, body in requests:
        path, body = (_filled(text, known) for text in (path, body))
        answer = await call(who[role], method, path, body=loads(body) if body.strip() else None)
        assert answer.status_code == int(status), (method, path, answer.text)
        answers.append(answer.json())
        if method == "POST" and path == "/v1/tier-policies":
            known.setdefault("POLICY", answer.json().get("id"))
            known["OTHER"] = answer.json().get("id")
        if method == "POST" and path == "/v1/policy-simulations":
            known["SIMULATION"] = answer.json()["simulation_id"]
            known.setdefault("FIRST", known["SIMULATION"])
            worker = OperationsWorker(runtime.database, SERVICE.operations, clock=runtime.clock)
            assert await worker.work_on_one(asyncio.Event())
    assert [veto["kind"] for veto in answers[3]["vetoes"]] == ["bad_repayment", "risk_event"]
    assert [error["pointer"] for error in answers[4]["errors"]] == [
        "/criteria/0/products",
        "/vetoes/0/days_overdue_min",
    ]
    simulation, moves = answers[6], answers[7]
    assert (simulation["status"], [m["client_id"] for m in moves["items"]]) == ("succeeded", [str(client)])
    assert [(m["card_from"], m["card_to"], m["clients"]) for m in simulation["moves"]] == [("branch", "none", 1)]
    above, two = answers[8], answers[13]
    assert above["items"] == []
    assert [(m["card_from"], m["card_to"]) for m in two["moves"]] == [("branch", "none")]
    assert (two["comparison"]["simulation_id"], two["comparison"]["moved"]) == (known["FIRST"], 0)
    assert answers[17]["code"] == "policy.not-yet-valid"
    assert answers[-1]["equal"] is True


def _filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"\$([A-Z]+)", lambda found: known[found[1]], text)
