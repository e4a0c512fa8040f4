"""What is said fits the published contracts, and nothing personal is in it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from complaint_service import use_cases
from complaint_service.domain.vocabulary import ClosedBecause
from jsonschema import Draft202012Validator, FormatChecker

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts" / "events"
SAID = {
    "ComplaintOpened",
    "ComplaintAssigned",
    "ComplaintEscalated",
    "ComplaintAnswered",
    "ComplaintReopened",
    "ComplaintClosed",
}


def schema_of(type_: str) -> Draft202012Validator:
    schema = json.loads((CONTRACTS / f"{type_}.v1.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema | {"additionalProperties": False}, format_checker=FormatChecker())


async def test_a_whole_life_says_every_event_and_each_fits_its_schema(tx, bank, told, now) -> None:
    case = await bank.open(tx, await told.client("wealth"))
    clock = next(clock for clock in case.clocks if clock.code == "process-on-the-spot")
    at = now + timedelta(days=1)
    await use_cases.breach_clock(tx, clock.id, now=at)
    await bank.answer(tx, case, now=at)
    reopened = await use_cases.reopen_complaint(tx, case.id, "仍不满意", by=bank.person("agent"), now=at)
    await bank.answer(tx, reopened, now=at)
    await use_cases.close_complaint(tx, case.id, ClosedBecause.ACCEPTED, by=bank.person("bj_officer"), now=at)
    said = await bank.said(tx, case.id)
    assert {type_ for type_, _ in said} == SAID
    for type_, data in said:
        schema_of(type_).validate(data)


@pytest.mark.parametrize("type_", sorted(SAID))
def test_an_example_fits_its_schema(type_: str) -> None:
    example = json.loads((CONTRACTS / f"{type_}.v1.example.json").read_text(encoding="utf-8"))
    assert (example["type"], example["dataschema"]) == (type_, f"{type_}.v1.schema.json")
    schema_of(type_).validate(example["data"])


async def test_versions_of_a_case_never_go_back_in_what_is_said(tx, bank, told, now) -> None:
    case = await bank.answer(tx, await bank.open(tx, await told.client("wealth")), now=now)
    rows = await tx.connection.fetch(
        "SELECT aggregate_version AS version FROM outbox WHERE aggregate_id = $1 ORDER BY id", str(case.id)
    )
    versions = [row["version"] for row in rows]
    assert versions == sorted(versions)
    assert versions[0] == 1
