"""What every test may ask for: a PostgreSQL of our own, a broker, keys."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from chassis.assembly import Service, create_app, open_runtime
from chassis.db import Database
from chassis.fields import FieldCipher, generate_key_file
from chassis.http_client import HttpClient
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.tokens import mint, public_jwks, write_key
from joserfc.jwk import OKPKey
from vip.broker import TOPICS, EmbeddedBroker, make_topics
from vip.databases import PostgresAdmin, open_given
from vip.postgres import PostgresServer
from vip.processes import Records, free_port
from vip.trial import trial_folder

PARTIES = ("gateway", "client-registry", "card-service", "complaint-service", "engagement-service")


# Where tests start a whole house: launcher, PostgreSQL, broker, four services, gateway.
HOUSES = ("journeys/", "faults/", "security/test_house", "vip/test_up", "vip/test_backup", "vip/test_house_opening")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what starts a whole house."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(HOUSES):
            item.add_marker(pytest.mark.house)


@pytest.fixture(scope="session")
def session_folder() -> Iterator[Path]:
    """A folder of this test session that an unprivileged PostgreSQL can reach too."""
    with trial_folder() as folder:
        yield folder


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
        session_folder,
        port=free_port(),
        password="for-tests",
        log=session_folder / "postgres.log",
        durable=False,
        records=Records(session_folder / "run"),
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
    embedded = EmbeddedBroker(
        port=free_port(), log=session_folder / "broker.log", records=Records(session_folder / "run")
    )
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


class Face:
    """One service over HTTP, without a socket, at a moment that the test sets; tokens as the gateway would mint them."""

    def __init__(self, service: Service, http: httpx2.AsyncClient, key: OKPKey, now: datetime) -> None:
        self._service, self._http, self._key, self.now = service, http, key, now

    async def __call__(
        self,
        who: Principal | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        **query: Any,
    ) -> httpx2.Response:
        sent = {"Accept-Language": "en"}
        if who is not None:
            sent["Authorization"] = f"Bearer {mint(self._key, who, audience=self._service.name)}"
        if method == "POST":
            sent["Idempotency-Key"] = key or str(new_id())
        # Bytes go as they are, so that a test may send what is no JSON.
        given: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        # A field given as None is left out.
        sent_fields = {name: value for name, value in {**sent, **(headers or {})}.items() if value is not None}
        return await self._http.request(method, path, params=query or None, headers=sent_fields, **given)


@pytest.fixture(scope="session")
def serve(
    field_keys_file: Path, session_folder: Path, signing_keys: Mapping[str, OKPKey]
) -> Callable[..., AbstractAsyncContextManager[Face]]:
    """`async with serve(SERVICE, database_url, now=…) as face`: the real application on a migrated database."""

    @asynccontextmanager
    async def open_face(
        service: Service, database_url: str, *, now: datetime, http: HttpClient | None = None, **more: Any
    ) -> AsyncIterator[Face]:
        own = session_folder / f"{service.name}-signing.json"
        if not own.exists():
            write_key(signing_keys[service.name], own, development=True)
        settings = service.settings(
            environment="development",
            port=0,
            database_url=database_url,
            kafka_bootstrap="127.0.0.1:1",
            trusted_jwks={"gateway": public_jwks(signing_keys["gateway"])},
            signing_key_file=own,
            field_keys_file=field_keys_file,
            **more,
        )
        faces: list[Face] = []
        runtime = await open_runtime(service, settings, clock=lambda: faces[0].now, http=http)
        transport = httpx2.ASGITransport(app=create_app(service, runtime))
        try:
            async with httpx2.AsyncClient(transport=transport, base_url=f"http://{service.name}") as client:
                faces.append(Face(service, client, signing_keys["gateway"], now))
                yield faces[0]
        finally:
            await runtime.close()

    return open_face


@pytest.fixture(scope="session")
def traces_of():
    """`await traces_of(database, metadata, words, indexes)`: every place in the raw rows, opened where they are sealed,
    in which one of the words or keyed indexes stands."""

    async def found(
        database: Database, metadata: sa.MetaData, words: Sequence[str], indexes: Sequence[bytes] = ()
    ) -> list[str]:
        places = []
        async with database.reading() as tx:
            for table in metadata.sorted_tables:
                for row in await tx.connection.fetch(f'SELECT * FROM "{table.name}"'):
                    for column in table.columns:
                        value = _opened(tx, table, column, row)
                        hit = any(word in str(value) for word in words) or any(
                            index in _bytes(value) for index in indexes
                        )
                        if value is not None and hit:
                            places.append(f"{table.name}.{column.name}")
        return sorted(set(places))

    return found


def _opened(tx: Any, table: sa.Table, column: sa.Column[Any], row: Any) -> Any:
    value = row[column.name]
    marked = column.info.get("sealed")
    if value is None or not isinstance(value, bytes):
        return value
    if table.name == "attachment_chunks" and column.name == "content_sealed":
        return tx.cipher.open_bytes("attachment_chunks.content", row["id"], value).decode("utf-8", "replace")
    if table.name == "idempotency_keys" and column.name == "answer":
        return tx.cipher.open("idempotency_keys.answer", row["id"], value).encode("latin-1").decode()
    if marked is not None:
        return tx.cipher.open(marked[0], row[marked[1]], value)
    return value


def _bytes(value: Any) -> list[bytes]:
    return list(value) if isinstance(value, list) and value and isinstance(value[0], bytes) else [value]
