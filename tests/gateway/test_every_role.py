"""Every operation of the merged contract, the composed ones too × every role: outside x-roles it goes no further."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from .conftest import CLIENT, a_house, grant

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
OUTSIDERS = ("integration", "third_party_staff")


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    document = json.loads((CONTRACTS / "openapi" / "gateway.json").read_text(encoding="utf-8"))
    return [(method.upper(), path, found) for path, item in document["paths"].items() for method, found in item.items()]


def admits(described: dict[str, Any], role: str) -> bool:
    if role == "third_party_staff":
        return False
    return role in described["x-roles"] or ("*" in described["x-roles"] and role != "client")


async def test_outside_its_roles_an_operation_is_denied_before_any_service_hears_of_it(tmp_path: Path) -> None:
    every = operations()
    roles = sorted({role for *_, described in every for role in described["x-roles"] if role != "*"} | {*OUTSIDERS})
    assert len(every) > 55 and len(roles) > 30
    wrong = []
    limits = {"requests_per_minute": 1_000_000, "recognitions_per_minute": 1_000_000}
    async with a_house(CONTRACTS, tmp_path, **limits) as house:
        for role in roles:
            subject = f"client:{CLIENT}" if role == "client" else f"staff:R{role.replace('_', '')[:20]}"
            house.registry.grants[subject] = [grant(role, "/hq/", "own" if role == "client" else "unit")]
            headers = {"Authorization": f"Bearer {house.token(subject)}", "Idempotency-Key": str(uuid4())}
            for method, path, described in every:
                real = path
                for name in (part.strip("{}") for part in path.split("/") if part.startswith("{")):
                    real = real.replace(f"{{{name}}}", CLIENT if name == "client_id" else str(uuid4()))
                before = sum(len(service.seen) for service in house.services.values())
                answer = await house.ask(method, real, by=None, headers=headers)
                heard = sum(len(service.seen) for service in house.services.values()) - before
                if admits(described, role):
                    if answer.status in (401, 403) or (answer.status >= 500 and not heard):
                        wrong.append((role, method, path, answer.status, answer.body[:200]))
                elif answer.status != 403 or (heard and role != "third_party_staff"):
                    wrong.append((role, method, path, answer.status, heard))
    assert not wrong, (len(wrong), wrong[:5])


async def test_without_a_token_no_operation_is_answered(contracts: Path, tmp_path: Path) -> None:
    async with a_house(CONTRACTS, tmp_path) as house:
        for method, path, _ in operations():
            answer = await house.ask(method, path.replace("{", "").replace("}", ""), by=None)
            assert answer.status == 401, (method, path)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert all(not service.seen for service in house.services.values())
