"""The example bank: 38 first-level branches with real places, and somebody for every role."""

from client_registry.domain.organisation import ROLES
from client_registry.domain.reference import read_organisation
from vip.example.organisation import organisation
from vip.example.places import BRANCHES

CODES = (
    "BJ TJ HE SX NM LN JL HL SH JS ZJ AH FJ JX SD HA HB HN GD GX HI CQ SC GZ YN XZ SN GS QH NX XJ DL NB XM QD SZ SU TG"
)
# Machines, and people to whom everything is denied, are no example staff.
NOBODY = {"third_party_staff"}


def test_the_38_first_level_branches_bear_their_two_letters() -> None:
    assert [branch.code for branch in BRANCHES] == CODES.split()


def test_the_registry_takes_the_organisation_as_it_is_written() -> None:
    made = organisation(2_000)
    read = read_organisation({"units": made.units, "staff": made.staff})
    assert sum(unit.kind == "first_level_branch" for unit in read.units) == 38
    assert len({unit.code for unit in read.units}) == len(read.units)
    assert len({person.staff_no for person in read.staff}) == len(read.staff)
    above = {unit.code: unit.parent_code for unit in read.units}
    assert [code for code, parent in above.items() if parent is None] == ["hq"]
    assert all(parent in above for parent in above.values() if parent is not None)


def test_somebody_has_every_role() -> None:
    made = organisation(2_000)
    held = {posting["role"] for person in made.staff for posting in person["postings"]}
    assert held == ROLES - NOBODY


def test_custody_of_cards_is_in_two_hands_wherever_cards_may_lie() -> None:
    made = organisation(2_000)
    holders: dict[str, set[str]] = {}
    for person in made.staff:
        for posting in person["postings"]:
            if posting["role"] in ("card_keeper", "card_supervisor"):
                holders.setdefault(posting["unit_code"], set()).add(person["staff_no"])
    kinds = ("first_level_branch", "second_level_branch", "wealth_centre", "outlet")
    assert all(len(holders[unit["code"]]) == 2 for unit in made.units if unit["kind"] in kinds)


def test_a_larger_book_only_has_more_relationship_managers() -> None:
    small, large = organisation(2_000), organisation(200_000)
    assert small.units == large.units
    assert all(len(large.managers[code]) > len(small.managers[code]) for code in small.managers)
    assert all(len(numbers) <= 25 for numbers in organisation(1_000_000).managers.values())
