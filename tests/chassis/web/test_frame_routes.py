"""Work items and operations as their owners see them, and sealed fields brought under a new key."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from chassis import audit, operations, work_items
from chassis.db import Database
from chassis.fields import FieldCipher, FieldUnreadable, add_key, generate_key_file
from chassis.identity import Grant, Principal
from chassis.rotating import reseal_all, sealed, unmarked
from chassis.runtime import Runtime
from vip.databases import PostgresAdmin

Headers = Callable[..., dict[str, str]]
Keeper = Callable[..., Principal]
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


async def an_item(runtime: Runtime, **given: object) -> str:
    async with runtime.database.transaction() as tx:
        whose = {"owner": None, "owner_role": None, "unit_id": None, "unit_path": None} | given
        item = await work_items.add(
            tx,
            kind="notify",
            rule="CR-14",
            text="membership.invite",
            client_id=None,
            subject_id=uuid4(),
            due_at=NOW,
            now=NOW,
            **whose,  # type: ignore[arg-type]
        )
    return str(item)


async def test_a_work_item_is_its_owners_and_the_role_holders_alone(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, runtime: Runtime
) -> None:
    me, other = (keeper("/hq/wi/", subject=f"staff:{uuid4().hex[:8]}") for _ in range(2))
    mine = await an_item(runtime, owner=me.subject)
    ours = await an_item(runtime, owner_role="keeper", unit_id=uuid4(), unit_path="/hq/wi/x/")
    elsewhere = await an_item(runtime, owner_role="keeper", unit_id=uuid4(), unit_path="/hq/wz/")

    async def listed(who: Principal) -> set[str]:
        return {item["id"] for item in (await client.get("/v1/work-items", headers=headers(who))).json()["items"]}

    assert {mine, ours} <= await listed(me)
    assert elsewhere not in await listed(me)
    assert mine not in await listed(other) and ours in await listed(other)
    refused = await client.post(f"/v1/work-items/{mine}/completions", json={"result": "done"}, headers=headers(other))
    assert refused.status_code == 404


async def test_a_work_item_is_taken_on_handed_over_and_done_once(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, runtime: Runtime
) -> None:
    me, other = (keeper("/hq/", subject=f"staff:{uuid4().hex[:8]}") for _ in range(2))
    path = f"/v1/work-items/{await an_item(runtime, owner=me.subject)}"
    taken = await client.post(f"{path}/acknowledgements", headers=headers(me))
    assert (taken.status_code, taken.json()["status"]) == (200, "acknowledged")
    nobody = await client.post(f"{path}/hand-overs", json={}, headers=headers(me))
    assert nobody.json()["errors"][0]["pointer"] == "/owner"
    handed = await client.post(f"{path}/hand-overs", json={"owner": other.subject}, headers=headers(me))
    assert (handed.json()["owner"], handed.json()["status"]) == (other.subject, "open")
    done = await client.post(f"{path}/completions", json={"result": "reached"}, headers=headers(other))
    assert done.json()["status"] == "done"
    again = await client.post(f"{path}/completions", json={"result": "reached"}, headers=headers(other))
    assert (again.status_code, again.json()["code"]) == (409, "work-item.done")


async def test_a_result_is_a_code_and_no_free_text(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, runtime: Runtime
) -> None:
    path = f"/v1/work-items/{await an_item(runtime, owner='staff:7')}/completions"
    answer = await client.post(path, json={"result": "called Mr Wang at home"}, headers=headers())
    assert answer.status_code == 422


async def test_an_operation_is_seen_by_its_starter_an_operator_and_an_auditor(
    client: httpx.AsyncClient, headers: Headers, keeper: Keeper, runtime: Runtime
) -> None:
    async with runtime.database.transaction() as tx:
        started = await operations.start(tx, kind="sample", started_by="staff:7", detail={"rows": 3}, now=NOW)
    path = f"/v1/operations/{started.id}"

    async def status(who: Principal) -> int:
        return (await client.get(path, headers=headers(who))).status_code

    assert await status(keeper()) == 200
    assert await status(keeper(subject="staff:8")) == 404
    assert await status(keeper(subject="staff:8", role="operator")) == 200
    assert await status(keeper(subject="staff:8", role="auditor")) == 200
    by_auditor = await client.post(f"{path}/cancellations", headers=headers(keeper(subject="staff:8", role="auditor")))
    assert by_auditor.status_code == 404
    cancelled = await client.post(f"{path}/cancellations", headers=headers())
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    assert "detail" not in cancelled.json()


metadata = sa.MetaData()
sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name_sealed", sa.LargeBinary, info=sealed("people.name")),
)


async def test_sealed_fields_come_under_the_new_key_and_stay_what_they_were(
    postgres: PostgresAdmin, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    generate_key_file(keys)
    old = FieldCipher.from_key_file(keys)
    url = await postgres.fresh_database("rotation")
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE people (id uuid PRIMARY KEY, name_sealed bytea)")
    people = {uuid4(): f"name {n}" for n in range(1200)}
    await connection.executemany(
        "INSERT INTO people VALUES ($1, $2)",
        [(row, old.seal("people.name", row, name)) for row, name in people.items()],
    )
    await connection.execute("INSERT INTO people VALUES ($1, NULL)", uuid4())
    add_key(keys)
    new = FieldCipher.from_key_file(keys)
    database = await Database.open(url, name="rotation", cipher=new)
    (result,) = await reseal_all(database, metadata)
    assert (result.column, result.seen, result.changed) == ("people.name_sealed", 1200, 1200)
    rows = await connection.fetch("SELECT id, name_sealed FROM people WHERE name_sealed IS NOT NULL")
    assert {row["id"]: new.open("people.name", row["id"], row["name_sealed"]) for row in rows} == people
    assert not any(new.needs_rotation(row["name_sealed"]) for row in rows)
    (again,) = await reseal_all(database, metadata)
    assert again.changed == 0
    await database.close()
    await connection.close()


def test_a_sealed_column_that_does_not_say_so_is_named() -> None:
    told = sa.MetaData()
    sa.Table("a", told, sa.Column("id", sa.Uuid, primary_key=True), sa.Column("note_sealed", sa.LargeBinary))
    assert unmarked(told) == ["a.note_sealed"]
    assert unmarked(metadata) == []


@pytest.mark.parametrize("path", ["/livez", "/startupz", "/metrics", "/internal/jwks", "/internal/openapi.json"])
async def test_neighbours_and_schedulers_need_no_token(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in {200, 503}


def test_a_serving_process_takes_up_a_new_key_without_a_restart(tmp_path: Path) -> None:
    keys, row = tmp_path / "keys.json", uuid4()
    generate_key_file(keys)
    serving = FieldCipher.from_key_file(keys)
    under_old = serving.seal("people.name", row, "Wang")
    add_key(keys)
    rotating = FieldCipher.from_key_file(keys)
    assert serving.open("people.name", row, rotating.seal("people.name", row, "Li")) == "Li"
    assert serving.open("people.name", row, under_old) == "Wang"
    assert not rotating.needs_rotation(serving.seal("people.name", row, "Zhao"))


def test_a_broken_key_file_leaves_a_serving_process_its_keys(tmp_path: Path) -> None:
    keys, row = tmp_path / "keys.json", uuid4()
    generate_key_file(keys)
    serving = FieldCipher.from_key_file(keys)
    blob = serving.seal("people.name", row, "Wang")
    keys.write_text("{")
    with pytest.raises(FieldUnreadable):
        serving.open("people.name", row, blob[:5] + b"\x09" + blob[6:])
    assert serving.open("people.name", row, blob) == "Wang"


async def test_an_auditor_reads_who_looked_at_a_client_and_leaves_a_row_too(
    client: httpx.AsyncClient, headers: Headers, runtime: Runtime
) -> None:
    looked_at, other = uuid4(), uuid4()
    reader = Principal("staff:7", (Grant("keeper", "/hq/x/", "unit"),))
    async with runtime.database.transaction() as tx:
        for number, one in enumerate((looked_at, other, looked_at)):
            await audit.record(
                tx, act="client.revealed", by=reader, object_type="client", object_id=one, client_id=one,
                purpose="service", at=NOW + timedelta(seconds=number),
            )  # fmt: skip
    auditor = headers(Principal("staff:9", (Grant("auditor", "/hq/", "unit"),)))
    first = (await client.get(f"/v1/audit-records?client_id={looked_at}&limit=1", headers=auditor)).json()
    cursor = first["next_cursor"]
    second = (
        await client.get(f"/v1/audit-records?client_id={looked_at}&limit=9&cursor={cursor}", headers=auditor)
    ).json()
    rows = first["items"] + second["items"]
    revealed = [row for row in rows if row["act"] == "client.revealed"]
    assert [row["at"] for row in revealed] == ["2026-11-22T04:00:02Z", "2026-11-22T04:00:00Z"]
    assert {(row["subject"], row["purpose"], row["client_id"]) for row in revealed} == {
        ("staff:7", "service", str(looked_at))
    }
    later = (await client.get(f"/v1/audit-records?client_id={looked_at}&act=audit.read", headers=auditor)).json()
    assert {row["subject"] for row in later["items"]} == {"staff:9"}
    refused = await client.get("/v1/audit-records", headers=headers(reader))
    assert refused.status_code == 403


async def test_audit_records_are_narrowed_by_moment_person_and_object(
    client: httpx.AsyncClient, headers: Headers, runtime: Runtime
) -> None:
    who, thing = f"staff:{uuid4().hex[:10]}", uuid4().hex
    async with runtime.database.transaction() as tx:
        for hour in range(3):
            await audit.record(
                tx, act="card.read", by=Principal(who), object_type="card", object_id=thing,
                at=NOW + timedelta(hours=hour),
            )  # fmt: skip
    auditor = headers(Principal("staff:9", (Grant("auditor", "/hq/", "unit"),)))
    since, until = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    asked = {"subject": who, "object_id": thing, "since": since.isoformat(), "until": until.isoformat()}
    found = (await client.get("/v1/audit-records", params=asked, headers=auditor)).json()
    assert [row["at"] for row in found["items"]] == ["2026-11-22T05:00:00Z"]
    refused = await client.get("/v1/audit-records", params={"since": "2026-11-22T05:00:00"}, headers=auditor)
    assert refused.status_code == 422
