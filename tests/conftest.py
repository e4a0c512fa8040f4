"""What every test may ask for: a PostgreSQL of our own, a broker, keys."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from chassis.fields import FieldCipher, generate_key_file
from joserfc.jwk import OKPKey
from vip.broker import TOPICS, EmbeddedBroker, make_topics
from vip.databases import PostgresAdmin, open_given
from vip.postgres import PostgresServer
from vip.processes import free_port

PARTIES = ("gateway", "client-registry", "card-service", "complaint-service", "engagement-service")


@pytest.fixture(scope="session")
def session_folder() -> Iterator[Path]:
    """A folder of this test session that an unprivileged PostgreSQL can reach too."""
    with tempfile.TemporaryDirectory(prefix="vip-tests-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
async def postgres(session_folder: Path) -> AsyncIterator[PostgresAdmin]:
    """PostgreSQL 18 for the session; `await postgres.fresh_database("card_service")` gives an empty database."""
    given = os.environ.get("VIP_ADMIN_DATABASE_URL")
    if given:
        admin = await open_given(given)
        yield admin
        await admin.drop_fresh()
        return
    server = PostgresServer(
        session_folder, port=free_port(), password="for-tests", log=session_folder / "postgres.log", durable=False
    )
    await server.start()
    yield server
    await server.stop()
    server.destroy()


@pytest.fixture(scope="session")
async def broker(session_folder: Path) -> AsyncIterator[str]:
    """The bootstrap address of a broker: the embedded one, or the Apache Kafka that VIP_TEST_KAFKA names."""
    given = os.environ.get("VIP_TEST_KAFKA")
    if given:
        await make_topics(given, TOPICS)
        yield given
        return
    embedded = EmbeddedBroker(port=free_port(), log=session_folder / "broker.log")
    await embedded.start()
    yield embedded.bootstrap
    await embedded.stop()


@pytest.fixture(scope="session")
def kafka_idempotent() -> bool:
    """Whether the broker under test takes idempotent producers: Apache Kafka does, the embedded one does not."""
    return "VIP_TEST_KAFKA" in os.environ


@pytest.fixture(scope="session")
def field_keys_file(session_folder: Path) -> Path:
    """A freshly made field key file."""
    path = session_folder / "field-keys.json"
    if not path.exists():
        generate_key_file(path, development=True)
    return path


@pytest.fixture(scope="session")
def field_cipher(field_keys_file: Path) -> FieldCipher:
    """A cipher over freshly made keys."""
    return FieldCipher.from_key_file(field_keys_file)


@pytest.fixture(scope="session")
def signing_keys() -> Mapping[str, OKPKey]:
    """An Ed25519 key for the gateway and each service, by name."""
    return {name: OKPKey.generate_key("Ed25519", {"kid": f"{name}-test"}) for name in PARTIES}
