"""A CSV of two hundred megabytes through real processes: uploaded over HTTP, checked, reported, in the memory of twenty."""

import asyncio
import csv
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from chassis.db import Database
from chassis.fields import FieldCipher
from chassis.ids import new_id
from chassis.migrating import migrate
from chassis.tokens import generate_key, mint, public_jwks, write_key
from client_registry.app import SERVICE
from client_registry.domain.reference import read_organisation
from client_registry.use_cases.seed_organisation import seed_organisation
from vip.processes import Child, free_port

MEGABYTE = 1_000_000
PATIENCE_S = 1_200
BROKEN_EVERY = 1_000


def write_clients(path: Path, header: tuple[str, ...], size: int) -> int:
    """A book of so many bytes, as a core system exports it; how many rows it has. Every thousandth is broken."""
    memo = "客户备注，" * 24
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*header, "memo"])
        while file.tell() < size:
            for _ in range(1_000):
                rows += 1
                at = "XX" if rows % BROKEN_EVERY == 0 else "BJ-W1"
                writer.writerow([f"N{rows}", "王\n小明", "", f"138{rows:08d}", at, "101", f"{rows}.50", "", "", memo])
    return rows


def peak_mib(child: Child) -> float:
    """The most memory the process ever held."""
    status = Path(f"/proc/{child.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


@asynccontextmanager
async def processes(folder: Path, environment: dict[str, str]) -> AsyncIterator[tuple[str, Child, Child]]:
    """The registry's two processes that take part: the one that answers, and the one that works; its address."""
    ports = {role: free_port() for role in ("api", "work")}
    children = {
        role: Child(
            f"{role}-{port}", [sys.executable, "-m", "client_registry", role], log=folder / f"{role}-{port}.log",
            env={**environment, "CLIENT_REGISTRY_PORT": str(port)},
        )
        for role, port in ports.items()
    }  # fmt: skip
    try:
        for child in children.values():
            child.start()
        async with httpx2.AsyncClient() as http:
            ends = time.monotonic() + 60
            for role, port in ports.items():
                while not await _is_ready(http, port):
                    assert children[role].is_running() and time.monotonic() < ends, children[role].last_words()
                    await asyncio.sleep(0.1)
        yield f"http://127.0.0.1:{ports['api']}", children["api"], children["work"]
    finally:
        for child in children.values():
            await asyncio.to_thread(child.stop)


async def _is_ready(http: httpx2.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


async def check(at: str, path: Path, profile: str, token: Callable[[], str]) -> dict[str, Any]:
    """Uploads the book to be checked only; the operation's result, and the first findings of the report."""
    async with httpx2.AsyncClient(base_url=at, timeout=PATIENCE_S) as http:
        with path.open("rb") as file:
            files: list[tuple[str, Any]] = [
                ("files", (path.name, file)),
                ("profile", ("profile.toml", profile.encode())),
            ]
            answer = await http.post(
                "/v1/client-imports", files=files, data={"mode": "good_rows", "validate_only": "true"},
                headers={"Authorization": f"Bearer {token()}", "Idempotency-Key": str(new_id())},
            )  # fmt: skip
        assert answer.status_code == 202, answer.text
        ends = time.monotonic() + PATIENCE_S
        while True:
            seen = await http.get(
                f"/v1/operations/{answer.json()['operation_id']}", headers={"Authorization": f"Bearer {token()}"}
            )
            if seen.json()["status"] not in ("queued", "running"):
                break
            assert time.monotonic() < ends, seen.text
            await asyncio.sleep(0.5)
        report = await http.get(
            f"/v1/client-imports/{answer.json()['import_id']}/report", headers={"Authorization": f"Bearer {token()}"}
        )
    return {**seen.json(), "report": report.json()["items"]}


@pytest.mark.soak
async def test_a_csv_of_200_mb_is_checked_in_the_memory_of_20_mb(
    postgres: Any,
    field_keys_file: Path,
    tmp_path: Path,
    small_book: Any,
    record_property: Callable[[str, object], None],
) -> None:
    url = await postgres.fresh_database("client_registry")
    await migrate(url, migrations=SERVICE.migrations, metadata=SERVICE.metadata)
    cipher = FieldCipher.from_key_file(field_keys_file)
    database = await Database.open(url, name="soak", cipher=cipher)
    async with database.transaction() as tx:
        await seed_organisation(tx, read_organisation(small_book.bank), now=datetime.now(UTC))
    await database.close()
    key, own = generate_key("gateway-soak"), tmp_path / "signing.json"
    write_key(generate_key("client-registry-soak"), own, development=True)
    said = {
        "ENVIRONMENT": "development", "DATABASE_URL": url, "KAFKA_BOOTSTRAP": "127.0.0.1:1", "PORT": "0",
        "SIGNING_KEY_FILE": str(own), "FIELD_KEYS_FILE": str(field_keys_file),
        "TRUSTED_JWKS": json.dumps({"gateway": public_jwks(key)}),
    }  # fmt: skip
    environment = {**os.environ, **{f"CLIENT_REGISTRY_{name}": value for name, value in said.items()}}
    peaks: dict[int, tuple[float, float]] = {}
    for size in (20, 200):
        path = tmp_path / f"book-{size}.csv"
        rows = await asyncio.to_thread(write_clients, path, small_book.header, size * MEGABYTE)
        async with processes(tmp_path, environment) as (at, api, worker):
            began = time.monotonic()
            ended = await check(
                at, path, small_book.profile, lambda: mint(key, small_book.steward, audience="client-registry")
            )
            took = time.monotonic() - began
            peaks[size] = peak_mib(api), peak_mib(worker)
        path.unlink()
        assert (ended["status"], ended["result"]["status"]) == ("succeeded", "checked"), ended
        assert (ended["result"]["rows_total"], ended["result"]["rows_invalid"]) == (rows, rows // BROKEN_EVERY)
        assert [(f["row"], f["code"]) for f in ended["report"][:2]] == [
            (1_001, "row.unknown-unit"), (2_001, "row.unknown-unit"),
        ]  # fmt: skip
        record_property(f"{size} MB", {"rows": rows, "seconds": took, "peak MiB (api, worker)": peaks[size]})
        print(f"{size} MB: {rows} rows, {took:.1f} s, peak MiB api {peaks[size][0]:.0f}, worker {peaks[size][1]:.0f}")
    for small, large in zip(peaks[20], peaks[200], strict=True):
        assert large <= 1.5 * small, peaks
