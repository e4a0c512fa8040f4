"""The evidence comes as one zip, whole or not at all; whoever checks it finds every byte that was changed."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from chassis.pages import decode_cursor, encode_cursor
from chassis.sealer import chained, digest_of
from typer.testing import CliRunner
from vip.cli import app

from .conftest import AGENT, CLIENT, SERVICES, TELLER, House, grant

AS_OF = "2026-11-22T04:00:00Z"
PACKAGE = f"/v1/clients/{CLIENT}/evidence-package?as_of=2026-11-22T04:00:00Z&purpose=audit"
EVIDENCE = {
    "client_id": CLIENT,
    "as_of": AS_OF,
    "parts": {"client": [{"client_id": CLIENT, "name": "王**"}], "decisions": [{"id": "d1", "level_met": "branch"}]},
    "notes": [{"en": "Known then.", "zh": "当时已知。"}],
}


def sealed_rows(number: int) -> list[dict[str, Any]]:
    """Rows of this client as a service answers them, chained; each third row of the chain is somebody else's."""
    rows, chain = [], b""
    for seq in range(1, number + 1):
        at = datetime(2026, 11, 20, 1, 0, seq, 123, tzinfo=UTC)
        row: dict[str, Any] = {
            "id": seq, "at": at, "act": "client.revealed", "subject": "staff:100234", "actor": None,
            "object_type": "client", "object_id": CLIENT, "client_id": UUID(CLIENT), "purpose": "看客户", "detail": {"n": seq},
            "trace_id": None,
        }  # fmt: skip
        digest, before = digest_of(row), chain
        chain = chained(before, digest)
        if seq % 3:
            seal = {"seq": seq, "digest": digest.hex(), "chain": chain.hex(), "chain_before": before.hex()}
            rows.append(row | seal | {"at": at.isoformat(), "client_id": CLIENT})
    return rows


def says_rows(house: House, name: str, rows: list[dict[str, Any]]) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert (request.query["client_id"], request.query["until"]) == (CLIENT, AS_OF)
        newest = sorted(rows, key=lambda row: -row["id"])
        given = request.query.get("cursor")
        left = [row for row in newest if given is None or row["id"] < decode_cursor(given, int)[0]]
        # Small pages, so that the package has to ask more than once.
        more = encode_cursor(left[4]["id"]) if len(left) > 5 else None
        body = [{**row, "service": name} for row in left[:5]]
        return web.json_response({"items": body, "next_cursor": more})

    house.services[name].answers["GET /v1/audit-records"] = answer


@pytest.fixture
async def content(house: House) -> bytes:
    house.registry.grants[TELLER] = [grant("auditor", "/hq/")]
    house.registry.says(f"GET /v1/clients/{CLIENT}/evidence", EVIDENCE)
    for name in SERVICES:
        says_rows(house, name, sealed_rows(12))
    answer = await house.ask("GET", PACKAGE)
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="evidence-{CLIENT}.zip"'
    return answer.body


def check(path: Path, content: bytes) -> tuple[int, dict[str, Any]]:
    path.write_bytes(content)
    ran = CliRunner().invoke(app, ["verify-evidence", str(path), "--json"])
    return ran.exit_code, json.loads(ran.stdout)


def changed(content: bytes, name: str, old: str, new: str, *, manifest_too: bool = False) -> bytes:
    """The same package with a word changed in one file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    assert old.encode() in files[name]
    files[name] = files[name].replace(old.encode(), new.encode(), 1)
    if manifest_too:
        said = json.loads(files["manifest.json"])
        said["files"][name] = {"sha256": hashlib.sha256(files[name]).hexdigest(), "size": len(files[name])}
        files["manifest.json"] = json.dumps(said).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for each, inside in files.items():
            archive.writestr(each, inside)
    return packed.getvalue()


@pytest.mark.requirement("XC-15")
async def test_the_package_holds_the_parts_and_the_rows_of_all_services_and_fits(
    house: House, content: bytes, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        rows = json.loads(archive.read("audit/card-service.json"))
    assert names == [
        "manifest.json",
        *(f"audit/{name}.json" for name in sorted(SERVICES)),
        "client.json",
        "decisions.json",
    ]
    assert (manifest["as_of"], manifest["notes"]) == (AS_OF, EVIDENCE["notes"])
    assert [row["seq"] for row in rows] == [1, 2, 4, 5, 7, 8, 10, 11]
    code, said = check(tmp_path / "e.zip", content)
    assert (code, said["sound"], said["files"], said["audit_rows"]) == (0, True, 6, 32)
    assert (await house.ask("GET", PACKAGE)).body == content


@pytest.mark.parametrize(
    ("name", "old", "new", "manifest_too", "wrong"),
    [
        ("decisions.json", "branch", "Branch", False, "decisions.json: is not what the manifest says"),
        ("audit/card-service.json", "staff:100234", "staff:100235", True, "row 1 was changed"),
        ("audit/card-service.json", '"seq": 4', '"seq": 3', True, "seal 3 does not follow from seal 2"),
        ("client.json", CLIENT, "0190f5e0-0000-7000-8000-000000000002", True, "is about another client"),
        ("decisions.json", "[", "", True, "is not a list of rows"),
        ("audit/card-service.json", '"trace_id"', '"no_trace"', True, "row 1 cannot be read"),
    ],
)
async def test_what_was_changed_is_found_and_named(
    content: bytes, tmp_path: Path, name: str, old: str, new: str, manifest_too: bool, wrong: str
) -> None:
    code, said = check(tmp_path / "e.zip", changed(content, name, old, new, manifest_too=manifest_too))
    assert (code, said["sound"]) == (1, False)
    assert any(wrong in each for each in said["wrong"]), said["wrong"]


async def test_a_byte_changed_in_the_file_itself_is_found(content: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        at = archive.getinfo("client.json").header_offset + 60
    broken = bytearray(content)
    broken[at] ^= 0x10
    code, said = check(tmp_path / "e.zip", bytes(broken))
    assert code == 1 and any(each.startswith("client.json") for each in said["wrong"])


@pytest.mark.parametrize("content_", [b"", b"no zip at all", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_package_is_said_to_be_none(tmp_path: Path, content_: bytes) -> None:
    code, said = check(tmp_path / "e.zip", content_)
    assert (code, said["sound"]) == (2, False)


async def test_where_a_service_is_away_there_is_no_package(house: House, content: bytes) -> None:
    house.cards.says("GET /v1/audit-records", {"code": "internal"}, status=500)
    answer = await house.ask("GET", PACKAGE)
    assert (answer.status, answer.code) == (503, "upstream.away")


async def test_the_registrys_refusal_is_passed_on_and_other_roles_ask_nobody(house: House) -> None:
    answer = await house.ask("GET", PACKAGE, by=AGENT)
    assert (answer.status, answer.code) == (403, "forbidden")
    house.registry.grants[TELLER] = [grant("auditor", "/hq/")]
    house.registry.says(f"GET /v1/clients/{CLIENT}/evidence", {"code": "not-found"}, status=404)
    answer = await house.ask("GET", PACKAGE)
    assert (answer.status, answer.code) == (404, "not-found")
    assert not house.cards.seen


async def test_more_audit_rows_than_a_package_takes_are_refused_and_never_cut(
    house: House, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.evidence.ROWS_MAX", 7)
    answer = await house.ask("GET", PACKAGE)
    assert (answer.status, answer.code) == (409, "evidence.too-large")
