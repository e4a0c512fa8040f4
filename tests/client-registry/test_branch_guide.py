"""The guide for branch staff, request by request as it stands on the page, with the answers it shows."""

import re
from json import loads
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide-branch-staff.md"
STEP = re.compile(
    r"```http\n# as (?P<who>\w+) → (?P<status>\d+)(?P<kept>[^\n]*)\n(?P<method>\w+) (?P<path>\S+)\n"
    r"(?:If-Match: (?P<match>\S+)\n)?(?P<body>.*?)```(?:\n\n```json\n(?P<shown>.*?)```)?",
    re.DOTALL,
)
KEPT = re.compile(r"([A-Z]+) is (the ETag|[\w.]+)")
PEOPLE = {
    "relationship_manager": "1001", "receiving_manager": "1002", "wealth_centre_head": "1003",
    "branch_personal_banking": "1004", "open_counter_teller": "1006", "data_steward": "1008",
    "teller_elsewhere": "2003", "outlet_head_elsewhere": "2004",
}  # fmt: skip


async def test_every_request_of_the_guide_answers_as_the_guide_says(bank, call, person) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    steps = list(STEP.finditer(guide))
    assert len(steps) == guide.count("```http") == 39
    known = {
        "CENTRE": str(bank.units["bj-01-c1"]), "OUTLET": str(bank.units["sh-01-o1"]),
        "COUNTER": str(bank.units["bj-01-o1"]),
    }  # fmt: skip
    for step in steps:
        path = _filled(step["path"], known)
        if path.endswith("/qualification"):
            await bank.rich(known["CLIENT"], assets=8_600_000)
            await bank.evaluate()
        body = _filled(step["body"], known).strip()
        answer = await call(
            person(PEOPLE[step["who"]]), step["method"], path, body=loads(body) if body else None,
            headers={"If-Match": known["FORM"]} if step["match"] else None,
        )  # fmt: skip
        assert answer.status_code == int(step["status"]), (step[0], answer.text)
        for name, where in KEPT.findall(step["kept"]):
            known[name] = answer.headers["etag"] if where == "the ETag" else _at(answer.json(), where)
        if step["shown"]:
            _holds(loads(_filled(step["shown"], known)), answer.json(), step[0])


def _filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"\$([A-Z]+)", lambda found: known[found[1]], text)


def _at(answer: Any, where: str) -> str:
    for name in where.split("."):
        answer = answer[int(name) if name.isdigit() else name]
    return answer


def _holds(shown: Any, answered: Any, step: str) -> None:
    """The page shows part of an answer; what it shows is there."""
    if isinstance(shown, dict):
        for name, part in shown.items():
            assert name in answered, (step, name)
            _holds(part, answered[name], step)
    elif isinstance(shown, list) and shown and isinstance(shown[0], dict):
        assert len(shown) == len(answered), (step, answered)
        for part, whole in zip(shown, answered, strict=True):
            _holds(part, whole, step)
    else:
        assert shown == answered, (step, shown, answered)
