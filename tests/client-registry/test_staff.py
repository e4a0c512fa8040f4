"""Staff and their posts by API: added, posted, ended, given another role (XC-8, XC-15, XC-20, CR-43, CR-85)."""

from datetime import UTC, date, datetime

import pytest
from chassis.due_work import Due
from chassis.identity import Grant, Principal
from client_registry import jobs

STEWARD = Principal("staff:1008", (Grant("data_steward", "/hq/bj/", "unit"),))
HEAD_OFFICE = Principal("staff:9000", (Grant("data_steward", "/hq/", "unit"),))


class People:
    """The small bank's staff as a data steward sees and changes them."""

    def __init__(self, bank, call, system) -> None:
        self.bank, self.call, self.system = bank, call, system

    async def add(self, by=STEWARD, *, staff_no="3001", unit="bj-01-o1", role="lobby_manager", reach="unit", **more):
        posting = {"unit_id": str(self.bank.units[unit]), "role": role, "reach": reach, **more}
        body = {"staff_no": staff_no, "name": "孙新人", "work_phone": "010-66003001", "posting": posting}
        return await self.call(by, "POST", "/v1/staff", body=body)

    async def id(self, staff_no: str) -> str:
        return str((await self.bank.row("SELECT id FROM staff WHERE staff_no = $1", staff_no))["id"])

    async def read(self, staff_id: str, by=STEWARD):
        return await self.call(by, "GET", f"/v1/staff/{staff_id}")

    async def change(self, path: str, staff_id: str, body, by=STEWARD):
        headers = {"If-Match": (await self.read(staff_id, HEAD_OFFICE)).headers["ETag"]}
        return await self.call(by, "POST", path, body=body, headers=headers)

    async def post(self, staff_no: str, by=STEWARD, *, unit="bj-01-o1", role="lobby_manager", **more):
        body = {"unit_id": str(self.bank.units[unit]), "role": role, "reach": "unit", **more}
        staff_id = await self.id(staff_no)
        return await self.change(f"/v1/staff/{staff_id}/postings", staff_id, body, by)

    async def posting_of(self, staff_no: str) -> str:
        return str((await self.bank.row(
            "SELECT p.id FROM postings p JOIN staff s ON s.id = p.staff_id WHERE s.staff_no = $1 AND p.until_on IS NULL",
            staff_no,
        ))["id"])  # fmt: skip

    async def end(self, staff_no: str, until_on: str, by=STEWARD):
        path = f"/v1/postings/{await self.posting_of(staff_no)}/endings"
        return await self.change(path, await self.id(staff_no), {"until_on": until_on}, by)

    async def roles(self, staff_no: str) -> list[str]:
        answer = await self.call(self.system, "GET", f"/internal/principals/staff:{staff_no}")
        return [grant["role"] for grant in answer.json()["grants"]] if answer.status_code == 200 else []


@pytest.fixture
def people(bank, call, person) -> People:
    return People(bank, call, person("system", "gateway"))


def codes(answer) -> list[str]:
    return [f"{error['pointer']} {error['code']}" for error in answer.json()["errors"]]


@pytest.mark.requirement("XC-8")
async def test_a_new_person_has_rights_at_once_and_everybody_is_told(bank, people) -> None:
    answer = await people.add(full_time=False)
    assert answer.status_code == 201
    assert await people.roles("3001") == ["lobby_manager"]
    said = (await bank.said("StaffPosted"))[-1]
    assert (said["subject"], said["role"], said["from_on"], said["until_on"]) == (
        "staff:3001", "lobby_manager", "2026-11-22", None,
    )  # fmt: skip
    shown = (await people.read(answer.json()["staff_id"])).json()
    assert (shown["name"], shown["work_phone"], shown["postings"][0]["full_time"]) == ("孙新人", "010-66003001", False)
    raw = await bank.row("SELECT name_sealed FROM staff WHERE staff_no = '3001'")
    assert "孙新人".encode() not in raw["name_sealed"]
    acts = await bank.rows("SELECT act FROM audit WHERE object_id = $1 ORDER BY id", answer.json()["staff_id"])
    assert [row["act"] for row in acts] == ["staff.added", "staff.posted"]


@pytest.mark.requirement("XC-15", "XC-20")
@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"role": "king"}, "/posting/role posting.unknown-role"),
        ({"role": "auditor"}, "/posting/role posting.head-office-only"),
        ({"from_on": "2026-11-21"}, "/posting/from_on posting.from-past"),
        ({"from_on": "2026-12-02", "until_on": "2026-12-01"}, "/posting/until_on posting.ends-first"),
        ({"unit": "sh-01-c1"}, "/posting/unit_id unit.unknown"),
    ],
)
async def test_a_first_post_that_makes_no_sense_adds_nobody(bank, people, wanted, code) -> None:
    assert codes(await people.add(**wanted)) == [code]
    assert await bank.rows("SELECT id FROM staff WHERE staff_no = '3001'") == []


async def test_a_staff_number_is_nobody_elses(people) -> None:
    assert (await people.add(staff_no="1001")).json()["code"] == "staff.number-taken"


@pytest.mark.requirement("XC-20")
async def test_roles_of_the_whole_bank_are_given_at_head_office_by_head_office(people) -> None:
    assert (await people.add(HEAD_OFFICE, unit="hq", role="auditor")).status_code == 201
    assert codes(await people.add(HEAD_OFFICE, staff_no="3002", role="auditor")) == [
        "/posting/role posting.head-office-only"
    ]


@pytest.mark.requirement("XC-20")
async def test_nobody_changes_his_own_postings(people) -> None:
    assert (await people.post("1008", unit="bj", role="policy_approver")).json()["code"] == "posting.own-rights"
    assert (await people.end("1008", "2026-11-30")).json()["code"] == "posting.own-rights"


@pytest.mark.requirement("XC-8")
async def test_a_posting_of_a_later_day_begins_by_itself(bank, people) -> None:
    answer = await people.add(from_on="2026-12-01")
    assert await people.roles("3001") == []
    assert [fact for fact in await bank.said("StaffPosted") if fact["subject"] == "staff:3001"] == []
    (due,) = await bank.rows("SELECT * FROM due_work WHERE kind = 'posting.begins'")
    assert due["due_at"] == datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    bank.now = due["due_at"]
    async with bank.database.transaction() as tx:
        await jobs.begin_posted(tx, Due(due["kind"], due["subject_id"], due["due_at"], {}, 0), now=bank.now)
    assert await people.roles("3001") == ["lobby_manager"]
    said = [fact for fact in await bank.said("StaffPosted") if fact["subject"] == "staff:3001"]
    assert [fact["from_on"] for fact in said] == ["2026-12-01"]
    assert answer.json()["posting_id"] == str(due["subject_id"])


@pytest.mark.requirement("XC-15", "XC-20")
async def test_an_ended_posting_gives_nothing_from_its_day_on(bank, people) -> None:
    answer = await people.end("1003", "2026-11-30")
    assert answer.status_code == 201
    assert (await bank.said("StaffPosted"))[-1]["until_on"] == "2026-11-30"
    bank.now = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)
    assert await people.roles("1003") == ["wealth_centre_head"]
    bank.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert await people.roles("1003") == []


async def test_a_posting_is_ended_at_once_with_yesterday_and_never_made_longer(bank, people) -> None:
    assert codes(await people.end("1003", "2026-11-20")) == ["/until_on posting.end-past"]
    posting = await people.posting_of("1003")
    assert (await people.end("1003", "2026-11-21")).status_code == 201
    assert await people.roles("1003") == []
    staff_id = await people.id("1003")
    again = await people.change(f"/v1/postings/{posting}/endings", staff_id, {"until_on": "2026-11-30"})
    assert again.json()["code"] == "posting.ended"
    assert (await people.add(until_on="2026-11-30")).status_code == 201
    later = await bank.row("SELECT id, staff_id FROM postings WHERE until_on = $1", date(2026, 11, 30))
    longer = await people.change(
        f"/v1/postings/{later['id']}/endings", str(later["staff_id"]), {"until_on": "2026-12-30"}
    )
    assert codes(longer) == ["/until_on posting.later-end"]


async def test_a_posting_that_never_began_leaves_nothing(bank, people) -> None:
    posting = (await people.add(from_on="2026-12-01")).json()
    ended = await people.change(
        f"/v1/postings/{posting['posting_id']}/endings", posting["staff_id"], {"until_on": "2026-11-25"}
    )
    assert ended.status_code == 201
    assert await bank.rows("SELECT subject_id FROM due_work WHERE kind = 'posting.begins'") == []
    assert (await people.read(posting["staff_id"], HEAD_OFFICE)).status_code == 404


@pytest.mark.requirement("XC-8")
async def test_another_role_follows_the_old_one_without_a_gap(bank, people) -> None:
    posting, staff_id = await people.posting_of("1002"), await people.id("1002")
    body = {"role": "rm_supervisor", "reach": "unit", "from_on": "2026-12-01"}
    assert (await people.change(f"/v1/postings/{posting}/role-changes", staff_id, body)).status_code == 201
    assert await people.roles("1002") == ["relationship_manager"]
    bank.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert await people.roles("1002") == ["rm_supervisor"]
    assert (await bank.said("StaffPosted"))[-1]["until_on"] == "2026-11-30"


async def test_the_same_post_is_not_held_twice_at_a_time(people) -> None:
    assert codes(await people.post("1001", unit="bj-01-c1", role="relationship_manager")) == [
        "/from_on posting.overlaps"
    ]
    await people.end("1001", "2026-11-30")
    next_ = await people.post("1001", unit="bj-01-c1", role="relationship_manager", from_on="2026-12-01")
    assert next_.status_code == 201


@pytest.mark.requirement("CR-85", "XC-8")
async def test_third_party_staff_never_hold_a_post_of_the_bank(people) -> None:
    assert (await people.add(role="third_party_staff", reach="own")).status_code == 201
    assert (await people.post("3001")).json()["code"] == "staff.third-party"
    await people.end("3001", "2026-11-21")
    assert (await people.post("3001")).json()["code"] == "staff.third-party"
    assert (await people.post("1006", role="third_party_staff")).json()["code"] == "staff.third-party"


async def test_name_and_phone_change_with_the_version_last_read(bank, people, call, person) -> None:
    staff_id = await people.id("1001")
    path, body = f"/v1/staff/{staff_id}", {"name": "王新名", "work_phone": None}
    assert (await call(STEWARD, "PATCH", path, body=body)).status_code == 428
    assert (await call(STEWARD, "PATCH", path, body=body, headers={"If-Match": '"9"'})).status_code == 412
    tag = (await people.read(staff_id)).headers["ETag"]
    changed = await call(STEWARD, "PATCH", path, body=body, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["name"], changed.json()["work_phone"]) == (200, "王新名", None)
    assert changed.headers["ETag"] != tag
    assert (await call(person("1009"), "GET", path)).status_code == 200
    assert (await call(person("1009"), "PATCH", path, body=body)).status_code == 403
    assert (await people.read(await people.id("2001"))).status_code == 404
