"""Reference data without a release: the working calendar's versions, the policies' versions, the commands for both."""

import copy
import json
from datetime import date
from importlib.resources import files

import pytest
from client_registry.domain.reference import read_calendar
from client_registry.jobs.commands import COMMANDS
from client_registry.use_cases.load_calendar import load_calendar
from client_registry.use_cases.load_policies import load_policies

BUILTIN = files("client_registry").joinpath("reference", "tier_policies.json").read_text(encoding="utf-8")
NOTICE = {
    "calendar": "CN",
    "notices": [{"year": 2026, "notice": "通知", "off_days": ["2026-10-01"], "work_days": ["2026-10-10"]}],
}


async def test_the_commands_bring_up_a_whole_bank_and_change_nothing_the_second_time(
    bank, runtime, tmp_path, capsys
) -> None:
    file = tmp_path / "organisation.json"
    units = [{"code": "hq", "parent_code": None, "kind": "head_office", "name_zh": "总行", "name_en": "Head office"}]
    file.write_text(json.dumps({"units": units, "staff": []}), encoding="utf-8")
    assert await COMMANDS["seed-organisation"](runtime, [str(file)]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first == {"units": 1, "postings": 0, "policies": 0, "calendar_version": 1}
    assert await COMMANDS["seed-organisation"](runtime, [str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == {**first, "units": 0}
    assert await COMMANDS["load-policies"](runtime, ["builtin"]) == 0
    assert await COMMANDS["load-calendar"](runtime, ["builtin"]) == 0
    assert len(await bank.said("WorkingCalendarPublished")) == 1
    with pytest.raises(ValueError, match="usage"):
        await COMMANDS["load-calendar"](runtime, [])


async def test_the_built_in_calendar_knows_the_notices_and_leaves_next_year_provisional(bank, runtime, capsys) -> None:
    await COMMANDS["load-calendar"](runtime, ["builtin"])
    capsys.readouterr()
    (said,) = await bank.said("WorkingCalendarPublished")
    assert said["noticed_years"] == [2024, 2025, 2026]
    assert {"2026-10-01", "2026-02-17", "2027-10-01"} <= set(said["off_days"])
    assert {"2026-10-10", "2026-02-28"} <= set(said["work_days"])
    assert not [day for day in said["work_days"] if day.startswith("2027")]


async def test_other_days_are_a_new_version_and_the_same_days_are_not(bank) -> None:
    async def load(given: dict) -> int:
        async with bank.database.transaction() as tx:
            return await load_calendar(tx, read_calendar(given, {2027: [date(2027, 1, 1)]}), now=bank.now)

    later = copy.deepcopy(NOTICE)
    later["notices"].append({"year": 2027, "notice": "通知", "off_days": ["2027-01-01"], "work_days": []})
    assert [await load(NOTICE), await load(NOTICE), await load(later)] == [1, 1, 2]
    said = await bank.said("WorkingCalendarPublished")
    assert [(fact["calendar_version"], fact["noticed_years"]) for fact in said] == [(1, [2026]), (2, [2026, 2027])]
    keys = {row["key"] for row in await bank.rows("SELECT key FROM outbox WHERE type = 'WorkingCalendarPublished'")}
    assert keys == {"calendar"}


@pytest.mark.requirement("CR-14")
async def test_a_changed_standard_is_a_new_version_and_the_old_one_is_kept(bank) -> None:
    client = await bank.add_client(home="sh-01-c1")
    await bank.rich(client)
    stricter = {
        "policies": [
            {
                "code": "head-office-standard", "version": 2, "ladder": "card_level", "level": "head_office",
                "branch_code": None, "combinator": "ANY", "needs_filing": True, "grace_months": 0,
                "article": "CCB Art. 6", "valid_from": "2026-11-01",
                "criteria": [{"code": "deposit", "metric": "deposit_avg_12m", "operator": "ge", "bound": "1000000.00",
                              "conditions": [], "article": "CCB Art. 6(1)", "text_zh": "一百万", "text_en": "a million"}],
            }
        ]
    }  # fmt: skip
    await bank.evaluate()
    for added in (1, 0):
        async with bank.database.transaction() as tx:
            assert await load_policies(tx, stricter) == added
    await bank.evaluate()
    rows = await bank.rows("SELECT level_met, outcomes FROM qualification_decisions ORDER BY id")
    versions = [[o["version"] for o in row["outcomes"] if o["level"] == "head_office"] for row in rows]
    assert ([row["level_met"] for row in rows], versions) == (["head_office", "none"], [[1], [2]])
    stored = await bank.rows(
        "SELECT version, status FROM tier_policies WHERE code = 'head-office-standard' ORDER BY version"
    )
    assert stored == [{"version": 1, "status": "superseded"}, {"version": 2, "status": "active"}]


@pytest.mark.requirement("CR-12")
async def test_a_branchs_standard_holds_for_the_whole_branch_though_each_unit_in_it_bears_its_letters(bank) -> None:
    await bank.run("UPDATE units SET branch_code = 'BJ' WHERE path LIKE '/hq/bj/%'")
    second = {**next(entry for entry in json.loads(BUILTIN)["policies"] if entry["branch_code"] == "BJ"), "version": 2}
    async with bank.database.transaction() as tx:
        assert await load_policies(tx, {"policies": [{**second, "valid_from": "2026-11-01"}]}) == 1
    found = await bank.rows(
        "SELECT u.path FROM tier_policies p JOIN units u ON u.id = p.scope_unit_id WHERE p.code = $1 AND p.version = 2",
        second["code"],
    )
    assert found == [{"path": "/hq/bj/"}]
