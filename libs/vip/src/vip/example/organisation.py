"""The example bank: head office, 38 first-level branches, what lies below them, and people for every role."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from vip.example import identities
from vip.example.places import BRANCHES, Branch, Place

# Head office's people keep their numbers: the command line speaks for the first two.
_HEAD_OFFICE = (
    ("900001", (("operator", "unit"),)),
    ("900002", (("data_steward", "unit"),)),
    ("900003", (("auditor", "unit"),)),
    ("900004", (("policy_author", "unit"),)),
    ("900005", (("policy_approver", "unit"),)),
    ("900006", (("call_centre_agent", "unit"),)),
    ("900007", (("call_centre_agent", "unit"),)),
    ("900008", (("call_centre_agent", "unit"),)),
    ("900009", (("call_centre_complaint_officer", "unit"),)),
    ("900010", (("head_office_personal_banking", "unit"),)),
    ("900011", (("private_banking_office", "unit"),)),
    ("900012", (("quality_officer", "unit"),)),
    ("900013", (("complaint_coordinator", "unit"),)),
    ("900014", (("complaint_officer", "unit"),)),
    ("900015", (("client_service_section", "unit"),)),
    ("900016", (("card_keeper", "unit"),)),
    ("900017", (("card_supervisor", "unit"),)),
    ("900018", (("integration", "unit"),)),
)
_BRANCH = (
    "branch_personal_banking",
    "branch_personal_banking",
    "private_banking_department",
    "private_banking_supervisor",
    "client_service_section",
    "complaint_officer",
    "complaint_coordinator",
    "card_keeper",
    "card_supervisor",
    "policy_author",
    "policy_approver",
    "data_steward",
    "quality_officer",
    "corporate_head",
)
_SECOND_LEVEL = (
    "branch_personal_banking",
    "client_service_section",
    "complaint_officer",
    "card_keeper",
    "card_supervisor",
)
_WEALTH_CENTRE = ("wealth_centre_head", "rm_supervisor", "card_keeper", "card_supervisor")
_OUTLET = ("outlet_head", "lobby_manager", "open_counter_teller", "card_keeper", "card_supervisor")
# Only where the story is told are all the smaller roles filled.
_OUTLET_IN_FULL = (*_OUTLET, "outlet_deputy", "counter_teller", "account_manager")
_FULL = "BJ"
_DEPARTMENTS = (
    ("PB", "个人金融部", "Personal Banking Department"),
    ("PV", "私人银行部", "Private Banking Department"),
    ("CS", "客户服务处", "Client Service Division"),
)
_OWN = frozenset({"relationship_manager", "private_banker", "corporate_manager"})
_CLIENTS_EACH = 250
_MANAGERS_MAX = 25


@dataclass(slots=True)
class Organisation:
    """Units and staff as `seed-organisation` takes them, and what the book needs to place its clients."""

    units: list[dict[str, Any]] = field(default_factory=list)
    staff: list[dict[str, Any]] = field(default_factory=list)
    # Wealth centre's code → its relationship managers' staff numbers.
    managers: dict[str, list[str]] = field(default_factory=dict)


def centre_code(branch: Branch, place: int) -> str:
    """The wealth centre of a branch's second-level branch, counted from 0: `BJ-01-W1`."""
    return f"{branch.code}-{place + 1:02d}-W1"


def organisation(clients: int) -> Organisation:
    """The same organisation for the same size; a larger book only has more relationship managers."""
    built = _Builder(Organisation(), managers=_managers_for(clients))
    built.unit("hq", None, "head_office", "总行", "Head Office", None)
    for staff_no, roles in _HEAD_OFFICE:
        built.person(staff_no, "hq", roles)
    for number, branch in enumerate(BRANCHES):
        built.branch(branch, first_no=100_000 + number * 2_000)
    return built.made


def write_organisation(file: Path, *, clients: int) -> None:
    """The organisation as a JSON file."""
    made = organisation(clients)
    text = json.dumps({"units": made.units, "staff": made.staff}, ensure_ascii=False, indent=1)
    file.write_text(text + "\n", encoding="utf-8")


def _managers_for(clients: int) -> int:
    """Relationship managers a wealth centre."""
    centres = sum(len(branch.places) for branch in BRANCHES)
    return min(max(2, -(-clients // (centres * _CLIENTS_EACH))), _MANAGERS_MAX)


class _Builder:
    def __init__(self, made: Organisation, *, managers: int) -> None:
        self.made, self._managers = made, managers
        self._numbers: Iterator[int] = iter(())

    def unit(
        self, code: str, parent: str | None, kind: str, name_zh: str, name_en: str, branch_code: str | None
    ) -> None:
        self.made.units.append(
            {
                "code": code,
                "parent_code": parent,
                "kind": kind,
                "name_zh": name_zh,
                "name_en": name_en,
                "branch_code": branch_code,
            }
        )

    def person(self, staff_no: str, unit: str, roles: tuple[tuple[str, str], ...]) -> None:
        chance = Random(int(staff_no))  # noqa: S311 - an invented name, not a secret
        sex = chance.choice(("female", "male"))
        self.made.staff.append(
            {
                "staff_no": staff_no,
                "name": identities.name(chance, sex),
                "work_phone": f"+8610{60_000_000 + int(staff_no):08d}",
                "postings": [{"unit_code": unit, "role": role, "reach": reach} for role, reach in roles],
            }
        )

    def branch(self, branch: Branch, *, first_no: int) -> None:
        self._numbers = iter(range(first_no, first_no + 2_000))
        name_en = branch.name_en.replace("-", " ")
        self.unit(branch.code, "hq", "first_level_branch", f"{branch.name_zh}分行", f"{name_en} Branch", branch.code)
        self._post(branch.code, _BRANCH)
        for letters, zh, en in _DEPARTMENTS:
            self.unit(
                f"{branch.code}-{letters}",
                branch.code,
                "department",
                branch.name_zh + zh,
                f"{name_en} {en}",
                branch.code,
            )
        self._post(f"{branch.code}-PV", ("private_banker",))
        self._post(f"{branch.code}-PB", ("corporate_manager",))
        for number, place in enumerate(branch.places):
            self._second_level(branch, number, place)

    def _second_level(self, branch: Branch, number: int, place: Place) -> None:
        code, letters = f"{branch.code}-{number + 1:02d}", branch.code
        zh, en = place.name_zh, place.name_en.replace("-", " ")
        full = letters == _FULL
        self.unit(code, branch.code, "second_level_branch", f"{zh}分行", f"{en} Branch", letters)
        self._post(code, _SECOND_LEVEL)
        centre = centre_code(branch, number)
        self.unit(centre, code, "wealth_centre", f"{zh}个人理财中心", f"{en} Wealth Centre", letters)
        self._post(centre, _WEALTH_CENTRE)
        self.made.managers[centre] = self._post(centre, ("relationship_manager",) * self._managers)
        for outlet in range(1, 3 if full else 2):
            outlet_code = f"{code}-O{outlet}"
            self.unit(outlet_code, code, "outlet", f"{zh}第{outlet}支行", f"{en} Outlet {outlet}", letters)
            self._post(outlet_code, _OUTLET_IN_FULL if full else _OUTLET)

    def _post(self, unit: str, roles: tuple[str, ...]) -> list[str]:
        numbers = []
        for role in roles:
            staff_no = str(next(self._numbers))
            self.person(staff_no, unit, ((role, "own" if role in _OWN else "unit"),))
            numbers.append(staff_no)
        return numbers
