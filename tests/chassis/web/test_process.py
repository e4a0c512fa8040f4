"""`python -m <service>`: starts while everything is away, says what it waits for, stops without losing a request."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from chassis.identity import Grant, Principal
from chassis.tokens import generate_key, mint, public_jwks, write_key
from vip.databases import PostgresAdmin
from vip.processes import free_port

PROGRAM = '''
import asyncio
from pathlib import Path
import sqlalchemy as sa
from chassis.assembly import Service
from chassis.bodies import Output
from chassis.call import Call
from chassis.frame_tables import frame_tables
from chassis.hearing import Hears
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.process import run
from chassis.routing import router
from chassis.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SLOW_SERVICE_")


class Slept(Output):
    seconds: int


api = router()


@api.get("/v1/naps", **operation("nap", allow=allow("keeper"), en="Nap", zh="小憩", audience=["ops"]))
async def nap(call: Call) -> Slept:
    await call.tx.connection.execute("SELECT pg_sleep(1)")
    return Slept(seconds=1)


async def greet(runtime, args) -> int:
    """Say hello."""
    print("hello", *args)
    return 3


metadata = sa.MetaData()
frame_tables(metadata)
SERVICE = Service(
    name="slow-service", settings=Settings, metadata=metadata, migrations=Path(__file__).parent,
    routers=(api,), hears=Hears("test.boxes.v1"), commands={"greet": greet},
)
if __name__ == "__main__":
    run(SERVICE)
'''
KEY = generate_key("gateway-1")


@pytest.fixture
async def environment(
    tmp_path: Path, postgres: PostgresAdmin, field_keys_file: Path, ddl: list[str]
) -> Mapping[str, str]:
    """What the process is told; nothing listens at the broker's address."""
    (tmp_path / "slow.py").write_text(PROGRAM)
    write_key(generate_key("slow-1"), tmp_path / "key.json", development=True)
    url = await postgres.fresh_database("slow")
    (tmp_path / "url").write_text(f"{url}\n")
    connection = await asyncpg.connect(url)
    await connection.execute(";".join(ddl))
    await connection.close()
    told = {
        "ENVIRONMENT": "development",
        "PORT": str(free_port()),
        "DATABASE_URL_FILE": str(tmp_path / "url"),
        "KAFKA_BOOTSTRAP": f"127.0.0.1:{free_port()}",
        "KAFKA_IDEMPOTENT": "false",
        "SIGNING_KEY_FILE": str(tmp_path / "key.json"),
        "FIELD_KEYS_FILE": str(field_keys_file),
        "TRUSTED_JWKS": json.dumps({"gateway": public_jwks(KEY)}),
    }
    return {"PATH": os.environ["PATH"], **{f"SLOW_SERVICE_{name}": value for name, value in told.items()}}


@asynccontextmanager
async def running(
    folder: Path, environment: Mapping[str, str], *arguments: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "slow.py",
        *arguments,
        cwd=folder,
        env=dict(environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    address = f"http://127.0.0.1:{environment['SLOW_SERVICE_PORT']}"
    async with httpx.AsyncClient(base_url=address, timeout=10) as client:
        try:
            yield process, client
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.1)


async def answers(client: httpx.AsyncClient, path: str, status: int) -> bool:
    try:
        return (await client.get(path)).status_code == status
    except httpx.TransportError:
        return False


async def test_everything_in_one_process_stops_after_the_last_answer(
    tmp_path: Path, environment: Mapping[str, str]
) -> None:
    who = Principal("staff:7", (Grant("keeper", "/hq/", "unit"),))
    async with running(tmp_path, environment, "all") as (process, client):
        await until(lambda: answers(client, "/readyz", 200))
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/startupz")).status_code == 200
        assert "vip_http_requests" in (await client.get("/metrics")).text
        assert "d" not in (await client.get("/internal/jwks")).json()["keys"][0]
        token = {"Authorization": f"Bearer {mint(KEY, who, audience='slow-service')}"}
        nap = asyncio.create_task(client.get("/v1/naps", headers=token))
        await asyncio.sleep(0.4)
        process.send_signal(signal.SIGTERM)
        answer = await nap
        assert (answer.status_code, answer.json()) == (200, {"seconds": 1})
        async with asyncio.timeout(15):
            assert await process.wait() == 0


async def test_a_process_outlives_a_database_that_is_not_there_yet(
    tmp_path: Path, environment: Mapping[str, str], postgres: PostgresAdmin
) -> None:
    away = {**environment, "SLOW_SERVICE_DATABASE_URL": f"postgresql://a:b@127.0.0.1:{free_port()}/slow"}
    async with running(tmp_path, away, "all") as (process, client):
        await until(lambda: answers(client, "/livez", 200))
        assert (await client.get("/readyz")).status_code == 503
        who = Principal("staff:7", (Grant("keeper", "/hq/", "unit"),))
        token = {"Authorization": f"Bearer {mint(KEY, who, audience='slow-service')}"}
        refused = await client.get("/v1/naps", headers=token)
        assert (refused.status_code, refused.json()["code"]) == (503, "store.away")
        assert int(refused.headers["retry-after"]) >= 1
        assert process.returncode is None
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        said = (await process.stdout.read()).decode()
        assert "waiting for the database" in said
        assert "b@127.0.0.1" not in said


async def test_a_worker_without_the_api_still_answers_for_its_health(
    tmp_path: Path, environment: Mapping[str, str]
) -> None:
    async with running(tmp_path, environment, "relay") as (_, client):
        await until(lambda: answers(client, "/readyz", 200))
        assert (await client.get("/v1/naps")).status_code == 404


async def ended(folder: Path, environment: Mapping[str, str], *arguments: str) -> tuple[int | None, str, str]:
    async with running(folder, environment, *arguments) as (process, _):
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()


async def test_a_taken_port_is_named(tmp_path: Path, environment: Mapping[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environment["SLOW_SERVICE_PORT"])))
        taken.listen()
        code, _, err = await ended(tmp_path, environment, "api")
    assert code == 2
    assert f"port {environment['SLOW_SERVICE_PORT']}" in err


async def test_broken_settings_are_named_and_never_shown(tmp_path: Path, environment: Mapping[str, str]) -> None:
    broken = {**environment, "SLOW_SERVICE_DATABASE_URL": "mysql://user:hunter2@host/db"}
    code, _, err = await ended(tmp_path, broken, "api")
    assert code == 2
    assert "database_url" in err and "hunter2" not in err


async def test_production_takes_nothing_of_development(tmp_path: Path, environment: Mapping[str, str]) -> None:
    code, _, err = await ended(tmp_path, {**environment, "SLOW_SERVICE_ENVIRONMENT": "production"}, "api")
    assert code == 2
    assert "development" in err


async def test_documents_need_no_settings(tmp_path: Path, environment: Mapping[str, str]) -> None:
    bare = {"PATH": environment["PATH"], "SLOW_SERVICE_PORT": "0"}
    code, out, err = await ended(tmp_path, bare, "openapi", "--language", "en")
    assert (code, err) == (0, "")
    assert json.loads(out)["paths"]["/v1/naps"]["get"]["summary"] == "Nap"
    code, out, _ = await ended(tmp_path, bare, "asyncapi")
    assert json.loads(out)["operations"]["hear test.boxes.v1"]["action"] == "receive"


async def test_a_services_own_command_gets_its_arguments(tmp_path: Path, environment: Mapping[str, str]) -> None:
    code, out, _ = await ended(tmp_path, environment, "greet", "--loud", "you")
    assert (code, out.strip().endswith("hello --loud you")) == (3, True)


async def test_a_command_that_misses_its_argument_says_so(tmp_path: Path, environment: Mapping[str, str]) -> None:
    code, _, err = await ended(tmp_path, environment, "dead-letters", "inspect")
    assert code == 2 and "id" in err
