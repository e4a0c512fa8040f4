"""The PostgreSQL and the broker that come along: isolated databases, and starts after a kill."""

import secrets
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from chassis.fields import FieldCipher
from joserfc.jwk import OKPKey
from vip.copies import Copies
from vip.databases import PostgresAdmin
from vip.kafka import fresh_cluster_id
from vip.postgres import PostgresServer
from vip.processes import free_port


async def test_a_fresh_database_is_empty_has_its_own_role_and_lets_no_other_role_in(postgres: PostgresAdmin) -> None:
    one = await postgres.fresh_database("card_service")
    other = await postgres.fresh_database("card_service")
    connection = await asyncpg.connect(one)
    try:
        assert await connection.fetchval("SELECT uuidv7()") is not None
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
        assert not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    finally:
        await connection.close()
    credentials = one.rpartition("@")[0]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(f"{credentials}@{other.rpartition('@')[2]}")


async def test_a_copy_of_a_database_belongs_to_its_own_role(postgres: PostgresAdmin) -> None:
    original = await postgres.fresh_database("template")
    connection = await asyncpg.connect(original)
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    await connection.close()
    connection = await asyncpg.connect(await postgres.fresh_database("copy", template=original))
    try:
        await connection.execute("UPDATE kept SET n = n + 1")
        assert await connection.fetchval("SELECT n FROM kept") == 8
    finally:
        await connection.close()


async def test_a_copy_that_was_used_is_as_new_when_it_is_taken_again(postgres: PostgresAdmin) -> None:
    original = await postgres.fresh_database("template")
    connection = await asyncpg.connect(original)
    await connection.execute(
        "CREATE TABLE boxes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label text NOT NULL,"
        " size int GENERATED ALWAYS AS (length(label)) STORED);"
        "CREATE TABLE lids (id bigint REFERENCES boxes); INSERT INTO boxes (label) VALUES ('first'), ('second')"
    )
    await connection.close()
    copies = Copies(postgres, "copy", template=original)
    used = await copies.take()
    writer = await asyncpg.connect(used.url)
    await writer.execute("INSERT INTO boxes (label) VALUES ('mine')")
    await writer.execute("UPDATE boxes SET label = 'changed' WHERE id = 1; DELETE FROM boxes WHERE id = 2")
    await writer.execute("INSERT INTO lids VALUES (3)")
    copies.give_back(used)
    again = await copies.take()
    assert again.url == used.url
    assert writer.is_closed(), "whoever stays connected could write into what the next test takes"
    reader = await asyncpg.connect(again.url)
    assert [tuple(row) for row in await reader.fetch("SELECT * FROM boxes ORDER BY id")] == [
        (1, "first", 5), (2, "second", 6),
    ]  # fmt: skip
    assert await reader.fetchval("SELECT count(*) FROM lids") == 0
    assert await reader.fetchval("INSERT INTO boxes (label) VALUES ('third') RETURNING id") == 3
    await reader.execute("ALTER TABLE lids ADD COLUMN colour text")
    await reader.close()
    copies.give_back(again)
    fresh = await copies.take()
    assert fresh.url != used.url
    await copies.close()


async def test_the_database_starts_again_after_a_kill_and_takes_over_from_an_orphan(session_folder: Path) -> None:
    home = session_folder / "killed"
    home.mkdir(mode=0o711)
    port, password = free_port(), secrets.token_hex(8)

    async def started() -> PostgresServer:
        server = PostgresServer(home, port=port, password=password, log=home / "log", durable=False)
        await server.start()
        return server

    first = await started()
    await first.ensure_database("kept", password="p@ss/word")
    assert first.child is not None
    first.child.kill()
    second = await started()
    third = await started()
    try:
        assert second.child is not None and not second.child.is_running()
        connection = await asyncpg.connect(await third.ensure_database("kept", password="p@ss/word"))
        await connection.close()
    finally:
        await third.stop()
        third.destroy()


@pytest.mark.events
async def test_the_broker_keeps_the_order_of_a_key(broker: str, kafka_idempotent: bool) -> None:
    topic = f"try-{secrets.token_hex(4)}"
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", enable_idempotence=kafka_idempotent)
    await producer.start()
    try:
        for n in range(20):
            await producer.send_and_wait(topic, str(n).encode(), key=b"one")
    finally:
        await producer.stop()
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest", group_id=topic)
    await consumer.start()
    try:
        heard = [(await consumer.getone()).value for _ in range(20)]
    finally:
        await consumer.stop()
    assert heard == [str(n).encode() for n in range(20)]


def test_each_party_has_its_own_key_and_the_cipher_opens_what_it_sealed(
    signing_keys: Mapping[str, OKPKey], field_cipher: FieldCipher
) -> None:
    assert len({key.thumbprint() for key in signing_keys.values()}) == len(signing_keys) == 5
    assert len(field_cipher.index("clients.name", "王小明")) == 16


def test_a_cluster_id_is_never_taken_for_an_option() -> None:
    made = [fresh_cluster_id() for _ in range(2_000)]
    assert not any(each.startswith("-") for each in made)
    assert {len(each) for each in made} == {22}
    assert len(set(made)) == len(made)
