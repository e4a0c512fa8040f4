"""A house is saved while it works, lost, brought back in another folder, and goes on where it was."""

import asyncio
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner
from vip.cli import app
from vip.client import Api
from vip.first_start import book_profile
from vip.house import House
from vip.importing import ImportFiles, follow, send_import
from vip.people import STEWARD, find_person
from vip.places import GATEWAY, ISSUER, SERVICES
from vip.processes import free_port_base
from vip.story import CENTRE, OUTLET
from vip.story_client import invent, write_book
from vip.trial import trial_folder, trial_house

CLIENTS = 12
BY_CLIENT = "SELECT client_no, card_level, service_tier, version FROM clients ORDER BY client_no"
# What the erasure after the restore has still to do is no deadline of the backup.
DEADLINES = (
    "SELECT kind, subject_id, due_at FROM due_work WHERE kind <> 'erasure.stored-answers' ORDER BY kind, subject_id"
)


def vip(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


async def rows(house: House, module: str, sql: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(house.admin.url_for(module))
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


@asynccontextmanager
async def talking_to(house: House) -> AsyncIterator[Api]:
    async with Api(house.ports.url(GATEWAY), house.ports.url(ISSUER)) as api:
        yield api


async def fill(house: House, api: Api) -> None:
    today = date(2026, 11, 22)
    manager = (await find_person(api, role="relationship_manager", unit=CENTRE)).subject.partition(":")[2]
    people = {who.client_no: who for who in (invent(today) for _ in range(CLIENTS * 2))}
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book.csv"
        few = list(people.values())[:CLIENTS]
        write_book(book, [who.row(home_unit=CENTRE, manager_no=manager, today=today) for who in few])
        started = await send_import(api, ImportFiles(profile=book_profile(), files=[book]), by=STEWARD)
    await follow(api, started["operation_id"], by=STEWARD)
    units = (await rows(house, "client_registry", "SELECT count(*) FROM units"))[0][0]
    wanted = {("complaint_service", "units"): units, ("complaint_service", "clients"): CLIENTS}
    wanted[("engagement_service", "relationships")] = CLIENTS
    for _ in range(300):
        heard = {place: (await rows(house, place[0], f"SELECT count(*) FROM {place[1]}"))[0][0] for place in wanted}
        if heard == wanted:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"heard of {heard}, there are {wanted}")


async def complain_until(api: Api, clients: list[str], stop: asyncio.Event, cases: list[str]) -> None:
    agent = (await find_person(api, role="call_centre_agent", unit="hq")).subject
    outlet = (await find_person(api, role="outlet_head", unit=OUTLET)).unit_id
    while not stop.is_set():
        body = {
            "kind": "complaint", "complaint_type": "process", "channel": "call_centre_95566",
            "client_id": clients[len(cases) % len(clients)], "about_unit_id": outlet, "subject": "排队", "text": "等候过久。",
        }  # fmt: skip
        cases.append((await api.post("/v1/complaints", body, by=agent))["case_id"])
        await asyncio.sleep(0.02)


@pytest.mark.requirement("XC-16", "CR-80")
async def test_a_backup_taken_at_work_is_one_moment_of_all_four_and_goes_on_elsewhere(tmp_path: Path) -> None:
    saved, keys = tmp_path / "saved", tmp_path / "keys"
    cases: list[str] = []
    async with trial_house(clients=CLIENTS) as house, talking_to(house) as api:
        await fill(house, api)
        every = "SELECT id, client_no FROM clients ORDER BY client_no"
        *clients, gone = [str(row[0]) for row in await rows(house, "client_registry", every)]
        stop = asyncio.Event()
        busy = asyncio.create_task(complain_until(api, clients, stop, cases))
        await asyncio.sleep(1)
        taken = await asyncio.to_thread(
            vip, "backup", str(saved), "--keys-to", str(keys), "--home", str(house.home), "--json"
        )
        stop.set()
        await busy
        assert taken.exit_code == 0, taken.output
        book = await rows(house, "client_registry", BY_CLIENT)
        deadlines = await rows(house, "complaint_service", DEADLINES)
    with trial_folder() as elsewhere:
        base = free_port_base()
        # The last client was erased after the backup was taken.
        journal = tmp_path / "erasures.jsonl"
        journal.write_text(json.dumps({"client_id": gone, "kinds": ["file"]}) + "\n", encoding="utf-8")
        given = (
            str(saved), "--keys-from", str(keys), "--erasures", str(journal), "--home", str(elsewhere),
            "--port-base", str(base), "--json",
        )  # fmt: skip
        restored = await asyncio.to_thread(vip, "restore", *given)
        assert restored.exit_code == 0, restored.output
        said = json.loads(restored.stdout)
        assert said["rows"] == json.loads(taken.stdout)["rows"]
        assert set(said["audit_proven"]) == {s for s, part in _parts(saved).items() if part["audit_head"]}
        assert "complaint-service" in said["audit_proven"]
        house = House(elsewhere, base, durable=False)
        await house.start()
        try:
            kept = {str(row[0]) for row in await rows(house, "complaint_service", "SELECT id FROM cases")}
            assert 0 < len(kept) <= len(cases)
            assert kept <= set(cases)
            # Whatever engagement had heard by then, complaint had said; what it had not heard yet comes now.
            assert await _eventually(house, "engagement_service", "SELECT case_id FROM mutes", kept)
            assert (await rows(house, "client_registry", BY_CLIENT))[:-1] == book[:-1]
            erased = "SELECT id FROM clients WHERE erased_on IS NOT NULL"
            assert [str(row[0]) for row in await rows(house, "client_registry", erased)] == [gone]
            told = "SELECT client_id FROM relationships WHERE closed_because = 'erased'"
            assert await _eventually(house, "engagement_service", told, {gone})
            assert set(await rows(house, "complaint_service", DEADLINES)) <= set(deadlines)
            async with talking_to(house) as api:
                await complain_until(api, clients, _after(3), more := [])
            assert await _eventually(house, "engagement_service", "SELECT case_id FROM mutes", kept | set(more))
        finally:
            await house.stop()


def _parts(saved: Path) -> dict[str, Any]:
    found = json.loads((saved / "manifest.json").read_text())["parts"]
    assert set(found) == set(SERVICES)
    return dict(found)


def _after(seconds: float) -> asyncio.Event:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    return stop


async def _eventually(house: House, module: str, sql: str, wanted: set[str]) -> bool:
    for _ in range(300):
        if {str(row[0]) for row in await rows(house, module, sql)} == wanted:
            return True
        await asyncio.sleep(0.1)
    return False


@pytest.fixture
def broken_backup(tmp_path: Path) -> Path:
    """A backup by its manifest, with files of a few bytes."""
    folder = tmp_path / "saved"
    folder.mkdir()
    parts = {}
    for service, module in SERVICES.items():
        (folder / f"{module}.dump").write_bytes(b"dump")
        parts[service] = {
            "file": f"{module}.dump", "bytes": 4, "revision": "0001", "tables": {}, "audit_head": None,
            "key_check": "00" * 16, "sha256": "8b5a08f0b7c6f0f0f8ff8a3e7ae8e33a",
        }  # fmt: skip
    (folder / "manifest.json").write_text(
        json.dumps({"format": 1, "taken_at": "2026-11-22T00:00:00+00:00", "parts": parts, "state": {}})
    )
    return folder


def test_a_folder_without_a_backup_is_told(tmp_path: Path) -> None:
    answer = vip("restore", str(tmp_path), "--home", str(tmp_path / "home"))
    assert answer.exit_code == 1
    assert "manifest.json is missing" in answer.output


def test_a_changed_file_is_not_restored(broken_backup: Path, tmp_path: Path) -> None:
    answer = vip("restore", str(broken_backup), "--home", str(tmp_path / "home"))
    assert answer.exit_code == 1
    assert "checksum differs" in answer.output
    assert not (tmp_path / "home" / "postgres").exists()


def test_missing_and_foreign_keys_are_told_before_anything_is_touched(broken_backup: Path, tmp_path: Path) -> None:
    _make_sound(broken_backup)
    home = tmp_path / "home"
    answer = vip("restore", str(broken_backup), "--home", str(home))
    assert answer.exit_code == 1
    assert "--keys-from" in answer.output
    assert not home.exists() or not (home / "postgres").exists()
    from_elsewhere = tmp_path / "keys"
    from_elsewhere.mkdir()
    answer = vip("restore", str(broken_backup), "--keys-from", str(from_elsewhere), "--home", str(home))
    assert "There are no keys" in answer.output


def test_a_backup_is_never_written_over_and_wants_a_house(tmp_path: Path) -> None:
    answer = vip("backup", str(tmp_path), "--home", str(tmp_path / "nowhere"))
    assert answer.exit_code == 1
    assert "nothing was ever started" in answer.output


def _make_sound(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for part in manifest["parts"].values():
        part["sha256"] = hashlib.sha256((folder / part["file"]).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
