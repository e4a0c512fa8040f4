"""Audit rows commit with the act; the chain over them notices every change, however it was made."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from chassis import audit
from chassis.audit_proof import AuditReport, verify_audit
from chassis.db import Database
from chassis.fields import FieldCipher
from chassis.frame_tables import frame_tables
from chassis.identity import Principal
from chassis.sealer import Sealer, chained, digest_of
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable
from vip.databases import PostgresAdmin

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CLIENT = UUID("0190f5e0-0000-7000-8000-000000000001")
AGENT = Principal("staff:95566001", ())


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(postgres: PostgresAdmin, field_cipher: FieldCipher) -> AsyncIterator[Database]:
    database = await Database.open(await postgres.fresh_database("audit"), name="test", cipher=field_cipher)
    frame = frame_tables(sa.MetaData())
    async with database.transaction() as tx:
        for table in (frame.audit, frame.audit_seals):
            await tx.connection.execute(str(CreateTable(table).compile(dialect=postgresql.dialect())))
    yield database
    await database.close()


@pytest.fixture
def sealer(database: Database, clock: Clock, signing_keys: Mapping[str, OKPKey]) -> Sealer:
    return Sealer(database, service="card-service", signing_key=signing_keys["card-service"], clock=clock)


@pytest.fixture
def proof(
    database: Database, clock: Clock, signing_keys: Mapping[str, OKPKey]
) -> Callable[..., Awaitable[AuditReport]]:
    async def check(**given: tuple[int, str]) -> AuditReport:
        keys = KeySet([signing_keys["card-service"]])
        async with database.reading() as tx:
            return await verify_audit(tx, service="card-service", keys=keys, now=clock.now, **given)

    return check


async def act(database: Database, times: int = 1) -> None:
    async with database.transaction() as tx:
        for number in range(times):
            await audit.record(
                tx, act="client.revealed", by=AGENT, object_type="client", object_id=CLIENT, client_id=CLIENT,
                purpose="call-back", detail={"fields": ["name"], "number": number}, at=NOON,
            )  # fmt: skip


async def run(database: Database, statement: str) -> None:
    async with database.transaction() as tx:
        await tx.connection.execute(statement)


async def test_an_audit_row_vanishes_with_an_act_that_does_not_commit(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await audit.record(tx, act="x", by=AGENT, object_type="client", object_id=CLIENT, at=NOON)
            raise ZeroDivisionError
    async with database.reading() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM audit") == 0


async def test_what_was_sealed_is_sound_and_its_head_is_signed(
    database: Database, sealer: Sealer, proof: Callable[..., Awaitable[AuditReport]]
) -> None:
    await act(database, 3)
    assert await sealer.seal() == 3
    assert await sealer.seal() == 0
    report = await proof()
    assert report.sound
    assert (report.rows, report.head_seq, report.signed_at) == (3, 3, NOON)


async def test_a_row_not_yet_sealed_is_named_once_it_should_have_been(
    database: Database, clock: Clock, proof: Callable[..., Awaitable[AuditReport]]
) -> None:
    await act(database, 2)
    assert (await proof()).unsealed == []
    clock.now += timedelta(seconds=11)
    assert (await proof()).unsealed == [1, 2]


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE audit SET purpose = 'none' WHERE id = 2", {"changed": [2]}),
        ("DELETE FROM audit WHERE id = 2", {"missing": [2]}),
        ("UPDATE audit SET detail = '{}' WHERE id = 1", {"changed": [1]}),
        ("DELETE FROM audit_seals WHERE seq = 2", {"gaps": [2], "broken": [3]}),
        ("UPDATE audit_seals SET chain = digest WHERE seq = 2", {"broken": [2, 3]}),
        ("UPDATE audit_seals SET signature = 'e.e.e' WHERE seq = 4", {"broken": [4]}),
    ],
)
async def test_every_tampering_is_found_where_it_was_done(
    database: Database,
    sealer: Sealer,
    proof: Callable[..., Awaitable[AuditReport]],
    tampering: str,
    found: dict[str, list[int]],
) -> None:
    await act(database, 4)
    await sealer.seal()
    await run(database, tampering)
    report = await proof()
    assert not report.sound
    assert {
        name: getattr(report, name) for name in ("changed", "missing", "gaps", "broken") if getattr(report, name)
    } == found


async def test_a_chain_computed_anew_does_not_fit_the_signature(
    database: Database, sealer: Sealer, proof: Callable[..., Awaitable[AuditReport]]
) -> None:
    await act(database, 3)
    await sealer.seal()
    async with database.transaction() as tx:
        await tx.connection.execute("UPDATE audit SET purpose = 'harmless' WHERE id = 2")
        chain = b""
        for row in await tx.connection.fetch("SELECT * FROM audit ORDER BY id"):
            digest = digest_of(dict(row))
            chain = chained(chain, digest)
            await tx.connection.execute(
                "UPDATE audit_seals SET digest = $1, chain = $2 WHERE audit_id = $3", digest, chain, row["id"]
            )
    report = await proof()
    assert (report.changed, report.broken) == ([], [3])


async def test_a_chain_cut_at_its_end_does_not_fit_a_head_noted_elsewhere(
    database: Database, sealer: Sealer, proof: Callable[..., Awaitable[AuditReport]]
) -> None:
    await act(database, 3)
    await sealer.seal()
    whole = await proof()
    noted = (whole.head_seq, whole.head_chain)
    assert (await proof(known_head=noted)).known_head_fits
    await run(database, "DELETE FROM audit_seals WHERE seq = 3; DELETE FROM audit WHERE id = 3")
    assert (await proof()).sound
    assert not (await proof(known_head=noted)).sound


async def test_a_late_commit_below_a_sealed_id_is_still_sealed(
    database: Database, sealer: Sealer, proof: Callable[..., Awaitable[AuditReport]]
) -> None:
    async with database.transaction() as late:
        await audit.record(late, act="late", by=AGENT, object_type="client", object_id=CLIENT, at=NOON)
        await act(database)
        assert await sealer.seal() == 1
    assert await sealer.seal() == 1
    report = await proof()
    assert (report.rows, report.sound) == (2, True)


async def test_the_hourly_round_finds_what_came_later_than_we_wait_for(
    database: Database, sealer: Sealer, clock: Clock, proof: Callable[..., Awaitable[AuditReport]]
) -> None:
    async with database.transaction() as late:
        await audit.record(late, act="late", by=AGENT, object_type="client", object_id=CLIENT, at=NOON)
        await act(database)
        await sealer.seal()
        clock.now += timedelta(minutes=11)
        await act(database)
        await sealer.seal()
    assert await sealer.seal() == 0
    clock.now += timedelta(hours=1)
    assert await sealer.seal() == 1
    report = await proof()
    assert (report.rows, report.sound, report.signed_at) == (3, True, clock.now)


async def test_two_sealers_at_once_make_one_chain(
    database: Database, sealer: Sealer, proof: Callable[..., Awaitable[AuditReport]]
) -> None:
    for _ in range(5):
        await act(database, 20)
        await asyncio.gather(*(sealer.seal() for _ in range(4)))
    await sealer.seal()
    report = await proof()
    assert (report.rows, report.head_seq, report.sound) == (100, 100, True)


async def test_the_sealer_seals_within_a_second_until_it_is_told_to_stop(database: Database, sealer: Sealer) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(sealer.run(stop))
    await act(database, 2)
    await asyncio.sleep(1)
    async with database.reading() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM audit_seals") == 2
    stop.set()
    await asyncio.wait_for(task, 1)
