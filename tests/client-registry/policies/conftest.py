"""Those who write and approve standards, and a draft that is in order."""

from typing import Any

import pytest
from chassis.identity import Grant, Principal

_DESK = {
    "bj-author": ("3001", "policy_author", "/hq/bj/"),
    "bj-author-2": ("3002", "policy_author", "/hq/bj/"),
    "bj-approver": ("3003", "policy_approver", "/hq/bj/"),
    "hq-author": ("3004", "policy_author", "/hq/"),
    "hq-approver": ("3005", "policy_approver", "/hq/"),
    "hq-pb": ("3006", "head_office_personal_banking", "/hq/"),
    "sh-approver": ("3007", "policy_approver", "/hq/sh/"),
}


@pytest.fixture
def desk():
    """`desk("bj-author")`: somebody who writes or approves; with `also` a further role at the same place."""

    def made(name: str, *, also: str | None = None) -> Principal:
        number, role, path = _DESK[name]
        return Principal(f"staff:{number}", tuple(Grant(each, path, "unit") for each in (role, also) if each))

    return made


@pytest.fixture
def criterion():
    """A criterion; give what is to differ."""

    def made(metric: str = "deposit_avg_12m", bound: str = "300000.00", **wanted: Any) -> dict[str, Any]:
        return {
            "code": metric.replace("_", "-"), "metric": metric, "bound": {"amount": bound, "currency": "CNY"},
            "article": "CCB Art. 8", "text_zh": "达到标准", "text_en": "Reaches the standard", **wanted,
        }  # fmt: skip

    return made


@pytest.fixture
def draft(bank, criterion):
    """The next version of Beijing's branch standard; give what is to differ."""

    def made(**wanted: Any) -> dict[str, Any]:
        unit = wanted.pop("unit", "bj")
        return {
            "code": "bj-branch-standard", "ladder": "card_level", "level": "branch", "unit_id": str(bank.units[unit]),
            "criteria": [criterion()], "article": "CCB Art. 8", "valid_from": "2026-11-22", "reason": "年度检视", **wanted,
        }  # fmt: skip

    return made


class Policies:
    """The routes as those at the desk use them."""

    def __init__(self, call: Any, desk: Any) -> None:
        self._call, self._desk = call, desk

    async def written(self, body: dict[str, Any], *, by: str = "bj-author") -> dict[str, Any]:
        answer = await self._call(self._desk(by), "POST", "/v1/tier-policies", body=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def move(self, policy: dict[str, Any], to: str, by: Any, **body: Any) -> Any:
        who = self._desk(by) if isinstance(by, str) else by
        path = f"/v1/tier-policies/{policy['id']}/{to}"
        return await self._call(who, "POST", path, body={"reason": "按规定", **body})

    async def in_force(
        self, body: dict[str, Any], *, by: str = "bj-author", approver: str = "bj-approver"
    ) -> dict[str, Any]:
        """From the draft to the activation."""
        policy = await self.written(body, by=by)
        for to, who in (("submissions", by), ("approvals", approver), ("activations", approver)):
            answer = await self.move(policy, to, who)
            assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture
def policies(call, desk) -> Policies:
    return Policies(call, desk)
