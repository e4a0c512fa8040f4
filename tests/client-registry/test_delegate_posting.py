"""Standing in for absent colleagues: only what one holds, never chained, ends by itself (XC-15, XC-20, CR-85)."""

from datetime import UTC, datetime, timedelta

import pytest
from chassis import work_items
from chassis.identity import Grant, Principal
from chassis.ids import new_id

HEAD = Principal("staff:1003", (Grant("wealth_centre_head", "/hq/bj/bj-01/bj-01-c1/", "unit"),))
UNTIL = "2026-12-05T18:00:00+08:00"


class Absence:
    """Delegations in the small bank, by staff numbers."""

    def __init__(self, bank, call, person) -> None:
        self.bank, self.call, self.person = bank, call, person

    async def add(self, staff_no: str, role: str, unit: str = "bj-01-c1") -> None:
        ids = await self.bank.rows("SELECT id FROM staff WHERE staff_no = $1", staff_no)
        staff_id = ids[0]["id"] if ids else new_id()
        async with self.bank.database.transaction() as tx:
            if not ids:
                await tx.connection.execute(
                    "INSERT INTO staff (id, staff_no, subject, name_sealed) VALUES ($1, $2, $3, $4)",
                    staff_id, staff_no, f"staff:{staff_no}", tx.cipher.seal("staff.name", staff_id, "某人"),
                )  # fmt: skip
            await tx.connection.execute(
                "INSERT INTO postings (id, staff_id, unit_id, role, reach, from_on)"
                " VALUES (uuidv7(), $1, $2, $3, 'unit', '2026-01-01')", staff_id, self.bank.units[unit], role,
            )  # fmt: skip

    async def give(self, by: Principal, absent: str, stand_in: str, **more):
        row = await self.bank.row(
            "SELECT p.id, (SELECT id FROM staff WHERE staff_no = $2) AS other FROM postings p"
            " JOIN staff s ON s.id = p.staff_id WHERE s.staff_no = $1", absent, stand_in,
        )  # fmt: skip
        body = {"posting_id": str(row["id"]), "to_staff_id": str(row["other"]), "until_at": UNTIL, "reason": "leave"}
        return await self.call(by, "POST", "/v1/delegations", body={**body, **more})

    async def principal(self, staff_no: str) -> Principal:
        """Somebody with the rights the gateway would be told of now."""
        path = f"/internal/principals/staff:{staff_no}"
        answer = await self.call(self.person("system", "gateway"), "GET", path)
        grants = answer.json()["grants"]
        return Principal(
            f"staff:{staff_no}",
            tuple(
                Grant(g["role"], g["unit_path"], g["reach"], g["until"] and datetime.fromisoformat(g["until"]))
                for g in grants
            ),
        )


@pytest.fixture
def absence(bank, call, person) -> Absence:
    return Absence(bank, call, person)


def refused(answer) -> str:
    problem = answer.json()
    return problem["errors"][0]["code"] if problem.get("errors") else problem["code"]


@pytest.mark.requirement("XC-15", "XC-20")
async def test_a_stand_in_sees_the_absent_managers_clients_and_work_until_it_ends(bank, call, absence, person) -> None:
    his, hers = await bank.add_client(manager="staff:1001"), await bank.add_client(manager="staff:1002")
    async with bank.database.transaction() as tx:
        for owner, role in (("staff:1001", None), ("staff:1001", "card_keeper"), ("staff:1009", None)):
            await work_items.add(
                tx, kind="k", rule="CR-16", text="t", client_id=his, subject_id=new_id(), owner=owner, owner_role=role,
                unit_id=None, due_at=None, now=bank.now,
            )  # fmt: skip
    answer = await absence.give(person("1001"), "1001", "1002")
    assert answer.status_code == 201
    said = (await bank.said("DelegationChanged"))[-1]
    assert (said["subject"], said["stand_in"], said["role"], said["reach"]) == (
        "staff:1001", "staff:1002", "relationship_manager", "own",
    )  # fmt: skip
    stand_in = await absence.principal("1002")
    assert sorted(str(grant.until) for grant in stand_in.grants) == ["2026-12-05 10:00:00+00:00", "None"]

    async def seen() -> tuple[int, int]:
        clients = (await call(stand_in, "GET", "/v1/clients")).json()["items"]
        items = (await call(stand_in, "GET", "/v1/work-items")).json()["items"]
        return len(clients), len(items)

    assert await seen() == (2, 1)
    assert (await call(stand_in, "GET", f"/v1/clients/{his}")).status_code == 200
    assert (await call(person("1001"), "GET", f"/v1/clients/{hers}")).status_code == 404
    bank.now = datetime(2026, 12, 5, 10, 0, tzinfo=UTC)
    assert len((await absence.principal("1002")).grants) == 1
    assert await seen() == (1, 0)


@pytest.mark.requirement("XC-20")
async def test_a_delegation_is_ended_at_once_by_either_of_the_two_and_by_nobody_else(
    bank, call, absence, person
) -> None:
    given = (await absence.give(HEAD, "1001", "1002", reason="illness")).json()["delegation_id"]
    path = f"/v1/delegations/{given}/endings"
    assert (await call(person("2001"), "POST", path)).status_code == 404
    assert (await call(person("1006"), "POST", path)).status_code == 404
    assert (await call(person("1009"), "POST", path)).json()["code"] == "delegation.not-yours"
    listed = (await call(person("1002"), "GET", "/v1/delegations")).json()["items"]
    assert [one["delegation_id"] for one in listed] == [given]
    assert (await call(person("1002"), "POST", path)).status_code == 201
    assert len((await absence.principal("1002")).grants) == 1
    assert (await bank.said("DelegationChanged"))[-1]["until_at"].startswith("2026-11-22T04:00")
    assert (await call(person("1001"), "POST", path)).json()["code"] == "delegation.over"
    assert (await call(person("1002"), "GET", "/v1/delegations")).json()["items"] == []
    assert len((await call(person("1002"), "GET", "/v1/delegations", params={"all": True})).json()["items"]) == 1
    acts = await bank.rows("SELECT act, subject FROM audit WHERE object_id = $1 ORDER BY id", given)
    assert acts == [
        {"act": "delegation.given", "subject": "staff:1003"}, {"act": "delegation.ended", "subject": "staff:1002"},
    ]  # fmt: skip


@pytest.mark.requirement("XC-15", "XC-20")
async def test_only_what_one_holds_oneself_is_given_and_never_handed_on(bank, absence, person) -> None:
    assert refused(await absence.give(person("1002"), "1001", "1002")) == "posting.unknown"
    assert refused(await absence.give(person("1009"), "1001", "1002")) == "delegation.not-yours"
    await absence.add("1020", "wealth_centre_head")
    assert (await absence.give(HEAD, "1003", "1020")).status_code == 201
    # The stand-in holds the head's right only for him: with it he lets nobody stand in for a third person.
    grant = Grant("wealth_centre_head", "/hq/bj/bj-01/bj-01-c1/", "unit", datetime(2026, 12, 5, tzinfo=UTC))
    borrowed = Principal("staff:1021", (grant,))
    assert refused(await absence.give(borrowed, "1001", "1002")) == "delegation.not-yours"
    assert (await absence.give(person("1001"), "1001", "1002")).status_code == 201
    assert refused(await absence.give(person("1002"), "1002", "1001")) == "delegation.chained"
    await absence.add("1022", "relationship_manager")
    assert refused(await absence.give(person("1001"), "1001", "1022")) == "delegation.overlaps"
    later = {"from_at": "2026-12-05T18:00:00+08:00", "until_at": "2026-12-06T18:00:00+08:00"}
    assert (await absence.give(person("1001"), "1001", "1022", **later)).status_code == 201


@pytest.mark.requirement("CR-85", "XC-8", "XC-20")
async def test_only_a_person_of_an_allowed_kind_of_the_same_branch_stands_in(absence, person) -> None:
    await absence.add("3001", "third_party_staff")
    await absence.add("3002", "counter_teller")
    for stand_in, code in (
        ("3001", "staff.third-party"), ("3002", "delegation.not-this-kind"), ("1001", "delegation.itself"),
        ("2001", "staff.unknown"), ("1009", "staff.unknown"),
    ):  # fmt: skip
        assert refused(await absence.give(person("1001"), "1001", stand_in)) == code
    await absence.add("3003", "policy_approver", "bj")
    await absence.add("3004", "policy_author", "bj")
    author = Principal("staff:3004", (Grant("policy_author", "/hq/bj/", "unit"),))
    assert refused(await absence.give(author, "3004", "3003")) == "delegation.not-this-kind"
    auditor = Principal("staff:1009", (Grant("auditor", "/hq/", "unit"),))
    assert refused(await absence.give(auditor, "1009", "1007")) == "delegation.not-this-kind"


@pytest.mark.parametrize(
    "more",
    [
        {"from_at": "2026-11-22T11:59:00+08:00"},
        {"until_at": "2026-11-22T12:00:00+08:00"},
        {"until_at": "2026-12-05T18:00:00"},
        {"reason": "holiday"},
    ],
)
async def test_a_span_or_reason_that_makes_no_sense_is_refused(bank, absence, person, more) -> None:
    answer = await absence.give(person("1001"), "1001", "1002", **more)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{next(iter(more))}"]
    assert await bank.rows("SELECT id FROM delegations") == []


async def test_a_posting_that_ends_earlier_cannot_be_given_for_longer(bank, absence, person) -> None:
    await bank.run(
        "UPDATE postings SET until_on = '2026-12-01' WHERE staff_id = (SELECT id FROM staff WHERE staff_no = '1001')"
    )
    assert refused(await absence.give(person("1001"), "1001", "1002")) == "delegation.not-held"


@pytest.mark.requirement("XC-15")
async def test_a_delegation_ends_with_the_posting_it_is_of(bank, call, absence, person) -> None:
    await absence.give(person("1001"), "1001", "1002")
    bank.now += timedelta(hours=1)
    row = await bank.row(
        "SELECT p.id, s.version FROM postings p JOIN staff s ON s.id = p.staff_id WHERE staff_no = '1001'"
    )
    answer = await call(
        person("1008"), "POST", f"/v1/postings/{row['id']}/endings", body={"until_on": "2026-11-21"},
        headers={"If-Match": f'"{row["version"]}"'},
    )  # fmt: skip
    assert answer.status_code == 201
    assert len((await absence.principal("1002")).grants) == 1
    assert (await bank.said("DelegationChanged"))[-1]["until_at"].startswith("2026-11-22T05:00")
    assert (await bank.row("SELECT until_at FROM stand_ins"))["until_at"] == bank.now
