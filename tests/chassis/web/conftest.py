"""A tiny service of things on shelves, with one of each kind of route, on a real PostgreSQL."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from chassis import outbox
from chassis.assembly import Service, create_app, open_runtime
from chassis.bodies import Input, MoneyBody, Output, described
from chassis.call import Call
from chassis.due_work import Sweeps
from chassis.etags import require_match, set_etag
from chassis.events import Fact
from chassis.frame_tables import frame_tables
from chassis.identity import Grant, Principal
from chassis.ids import new_id
from chassis.operation_docs import operation
from chassis.operations import Operations
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow, allow_systems
from chassis.query import prepare
from chassis.refusals import NotFound, RuleBroken
from chassis.routing import router
from chassis.runtime import Runtime
from chassis.scope import visible
from chassis.settings import ServiceSettings
from chassis.texts import Text
from chassis.tokens import generate_key, mint, public_jwks, write_key
from fastapi import Query, Request, Response, UploadFile
from joserfc.jwk import OKPKey
from pydantic import Field
from pydantic_settings import SettingsConfigDict
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable
from vip.databases import PostgresAdmin

metadata = sa.MetaData()
FRAME = frame_tables(metadata)
things = sa.Table(
    "things",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("unit_path", sa.Text, nullable=False),
    sa.Column("serving_paths", postgresql.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
    sa.Column("owner", sa.Text),
    sa.Column("client_id", sa.Uuid),
    sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.UniqueConstraint("label", name="things_label"),
)

COLUMN = "things.sealed"
SCOPED = visible(
    unit_path=things.c.unit_path,
    owner=things.c.owner,
    client_id=things.c.client_id,
    serving_paths=things.c.serving_paths,
)
INSERT = prepare(
    sa.insert(things).values(
        {
            name: sa.bindparam(name, type_=things.c[name].type)
            for name in ("id", "label", "sealed", "unit_path", "serving_paths", "owner", "client_id")
        }
    )
)
FIND = prepare(sa.select(things).where(things.c.id == sa.bindparam("id"), SCOPED))
LIST = prepare(
    sa.select(things.c.id, things.c.label)
    .where(SCOPED, things.c.id > sa.bindparam("after", type_=sa.Uuid()))
    .order_by(things.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)
CHANGE = prepare(
    sa.update(things)
    .where(things.c.id == sa.bindparam("of"))
    .values(label=sa.bindparam("label"), version=things.c.version + 1)
)


@dataclass(frozen=True, kw_only=True)
class ThingShelved(Fact):
    """A thing was put on a shelf."""

    topic: ClassVar[str] = "sample.things.v1"
    aggregate: ClassVar[str] = "thing"
    aggregate_id_field: ClassVar[str] = "thing_id"
    key_field: ClassVar[str] = "thing_id"

    thing_id: UUID


class ThingBroken(RuleBroken):
    code = "thing.broken"
    text = Text(en="A broken thing of level {level} cannot be lent.", zh="等级 {level} 的损坏物品不可借出。")


class NewThing(Input):
    """What is put on a shelf."""

    label: str = described(en="Label on the thing", zh="物品标签", min_length=1, max_length=40)
    secret: str = Field(default="nothing", max_length=80)
    price: MoneyBody | None = None
    unit_path: str = "/hq/bj/bj-01/"
    serving_paths: tuple[str, ...] = ()
    owner: str | None = None
    client_id: UUID | None = None


class Relabelled(Input):
    label: str


class ThingView(Output):
    id: UUID
    label: str
    secret: str
    version: int


class ThingLine(Output):
    id: UUID
    label: str


class Uploaded(Output):
    bytes: int
    digest: str


class Question(Input):
    """One of many kinds of field, to see each refused."""

    name: str = Field(pattern=r"^[a-z]+$")
    count: int = Field(default=1, gt=0)
    kind: Literal["round", "square"] = "round"
    client_id: UUID | None = None
    tags: tuple[str, ...] = Field(default=(), max_length=2)
    days: tuple[date | None, ...] = ()
    asked_at: datetime | None = None


KEEPER = allow("keeper")
api = router()


@api.post(
    "/v1/things",
    status_code=201,
    **operation(
        "shelveThing",
        allow=KEEPER,
        en="Put a thing on a shelf",
        zh="物品上架",
        audience=["branch"],
        example={"label": "globe"},
    ),
)
async def shelve_thing(body: NewThing, call: Call) -> ThingView:
    thing_id = new_id()
    await call.tx.execute(
        INSERT,
        id=thing_id,
        label=body.label,
        sealed=call.app.cipher.seal(COLUMN, thing_id, body.secret),
        unit_path=body.unit_path,
        serving_paths=body.serving_paths,
        owner=body.owner,
        client_id=body.client_id,
    )
    await outbox.add(call.tx, ThingShelved(thing_id=thing_id, at=call.now, version=1))
    if body.label.startswith("wait"):
        await call.tx.connection.execute("SELECT pg_sleep(0.3)")
    if body.label.startswith("long"):
        await call.tx.connection.execute("SELECT pg_sleep(4)")
    if body.label == "broken":
        raise ThingBroken(level=3)
    if body.label == "crash":
        raise RuntimeError(f"cannot hold {body.secret}")
    if body.label == "cut":
        pid = await call.tx.connection.fetchval("SELECT pg_backend_pid()")
        other = await asyncpg.connect(call.app.database.url)
        await other.execute("SELECT pg_terminate_backend($1)", pid)
        await other.close()
    return ThingView(id=thing_id, label=body.label, secret=body.secret, version=1)


@api.get(
    "/v1/things",
    **operation("listThings", allow=KEEPER | allow("client"), en="List things", zh="物品列表", audience=["branch"]),
)
async def list_things(page_: Page, call: Call) -> PageOf[ThingLine]:
    after = page_.after(UUID)
    rows = await call.tx.fetch(
        LIST, **call.scope.params(), after=after[0] if after else UUID(int=0), limit=page_.limit + 1
    )
    kept, cursor = cut(rows, page_.limit, lambda row: (row["id"],))
    return page([ThingLine(id=row["id"], label=row["label"]) for row in kept], cursor)


@api.get(
    "/v1/things/{thing_id}",
    **operation("getThing", allow=KEEPER, en="Look at a thing", zh="查看物品", audience=["branch", "front-end"]),
)
async def get_thing(thing_id: UUID, response: Response, call: Call) -> ThingView:
    row = await call.tx.fetchrow(FIND, id=thing_id, **call.scope.params())
    if row is None:
        raise NotFound()
    set_etag(response, row["version"], call.language)
    secret = call.tx.cipher.open(COLUMN, row["id"], row["sealed"])
    return ThingView(id=row["id"], label=row["label"], secret=secret, version=row["version"])


@api.get(
    "/v1/everywhere/{thing_id}",
    **operation(
        "getAnywhere",
        allow=allow("agent", nationwide=True),
        en="Look anywhere",
        zh="全行查看",
        audience=["call-centre"],
    ),
)
async def get_anywhere(thing_id: UUID, call: Call) -> ThingLine:
    row = await call.tx.fetchrow(FIND, id=thing_id, **call.scope.params())
    if row is None:
        raise NotFound()
    return ThingLine(id=row["id"], label=row["label"])


@api.patch(
    "/v1/things/{thing_id}",
    **operation("relabelThing", allow=KEEPER, en="Relabel", zh="更换标签", audience=["branch"], if_match=True),
)
async def relabel_thing(thing_id: UUID, body: Relabelled, request: Request, call: Call) -> ThingLine:
    row = await call.tx.fetchrow(FIND, id=thing_id, **call.scope.params())
    if row is None:
        raise NotFound()
    require_match(request, row["version"])
    await call.tx.execute(CHANGE, of=thing_id, label=body.label)
    return ThingLine(id=thing_id, label=body.label)


@api.post(
    "/v1/appraisals",
    **operation("appraise", allow=KEEPER, en="Appraise", zh="估价", audience=["branch"], late=True),
)
async def appraise(body: NewThing, call: Call) -> ThingLine:
    told = await call.app.peers.get("oracle", "/internal/price", on_behalf_of=call.principal)
    if body.label == "forgetful":
        return ThingLine(id=new_id(), label="never begun")
    tx = await call.begin()
    thing_id = new_id()
    label = f"{body.label}: {told['price']}"
    await tx.execute(
        INSERT,
        id=thing_id,
        label=label,
        sealed=call.app.cipher.seal(COLUMN, thing_id, ""),
        unit_path=body.unit_path,
        serving_paths=[],
        owner=None,
        client_id=None,
    )
    return ThingLine(id=thing_id, label=label)


@api.post(
    "/v1/uploads",
    status_code=202,
    **operation("uploadThings", allow=KEEPER, en="Upload", zh="上传", audience=["branch"], upload=True),
)
async def upload_things(file: UploadFile, call: Call) -> Uploaded:
    await call.begin()
    digest, size = hashlib.sha256(), 0
    while piece := await file.read(65536):
        digest.update(piece)
        size += len(piece)
    return Uploaded(bytes=size, digest=digest.hexdigest())


@api.post(
    "/v1/questions",
    **operation("ask", allow=KEEPER, en="Ask", zh="查询", audience=["branch"], idempotent=False),
)
async def ask(body: Question, call: Call, depth: Annotated[int, Query(ge=1, le=3)] = 1) -> dict[str, int]:
    return {"matched": depth}


between = router(internal=True)


@between.get(
    "/internal/things/{thing_id}",
    **operation("thingForPeers", allow=allow_systems("friend"), en="For peers", zh="服务间查询", audience=["ops"]),
)
async def thing_for_peers(thing_id: UUID, call: Call) -> ThingLine:
    row = await call.tx.fetchrow(FIND, id=thing_id, **call.scope.params())
    if row is None:
        raise NotFound()
    return ThingLine(id=row["id"], label=row["label"])


class SampleSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SAMPLE_SERVICE_")


def make_service(**changes: Any) -> Service:
    parts: dict[str, Any] = {
        "name": "sample-service",
        "settings": SampleSettings,
        "metadata": metadata,
        "migrations": Path(__file__).parent,
        "routers": (api, between),
        "sweeps": Sweeps(),
        "operations": Operations(),
        "title": Text(en="Things", zh="物品"),
    }
    return Service(**{**parts, **changes})


def person(
    unit_path: str = "/hq/bj/",
    *,
    reach: Literal["own", "unit"] = "unit",
    role: str = "keeper",
    subject: str = "staff:7",
) -> Principal:
    """A person with one grant."""
    return Principal(subject, (Grant(role, unit_path, reach),))


@pytest.fixture(scope="session")
def keeper() -> Callable[..., Principal]:
    """Makes a person with one grant: `keeper("/hq/bj/", reach="own")`."""
    return person


@pytest.fixture(scope="session")
def sample() -> Callable[..., Service]:
    """Makes the sample service, with other parts where named."""
    return make_service


@pytest.fixture(scope="session")
def issuer_keys() -> Mapping[str, OKPKey]:
    """A signing key for each issuer the sample service trusts."""
    return {name: generate_key(f"{name}-1") for name in ("gateway", "friend")}


@pytest.fixture(scope="session")
def ddl() -> list[str]:
    """The sample's tables and the frame's, as statements."""
    dialect = postgresql.dialect()
    found: list[str] = []
    for table in metadata.sorted_tables:
        found.append(str(CreateTable(table).compile(dialect=dialect)))
        found.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
    return found


@pytest.fixture(scope="session")
async def sample_database(postgres: PostgresAdmin, ddl: list[str]) -> str:
    """The url of a database with the sample's tables."""
    url = await postgres.fresh_database("sample_service")
    connection = await asyncpg.connect(url)
    await connection.execute(";".join(ddl))
    await connection.close()
    return url


@pytest.fixture(scope="session")
def sample_settings(
    sample_database: str, field_keys_file: Path, session_folder: Path, issuer_keys: Mapping[str, OKPKey]
) -> SampleSettings:
    """Settings that trust the test's issuers."""
    key_file = session_folder / "sample-signing-key.json"
    if not key_file.exists():
        write_key(generate_key("sample-service-1"), key_file, development=True)
    return SampleSettings.model_validate(
        {
            "environment": "development",
            "port": 0,
            "signing_key_file": key_file,
            "database_url": sample_database,
            "database_pool_max": 8,
            "kafka_bootstrap": "127.0.0.1:1",
            "trusted_jwks": {name: public_jwks(key) for name, key in issuer_keys.items()},
            "peers": {"oracle": "http://oracle"},
            "field_keys_file": field_keys_file,
        }
    )


@pytest.fixture(scope="session")
async def runtime(sample_settings: SampleSettings) -> AsyncIterator[Runtime]:
    """The sample's open runtime."""
    opened = await open_runtime(make_service(), sample_settings)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of the sample service, in process."""
    transport = httpx.ASGITransport(app=create_app(make_service(), runtime), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sample") as caller:
        yield caller


Headers = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def headers(issuer_keys: Mapping[str, OKPKey]) -> Headers:
    """Header fields of a call by a principal; a fresh idempotency key unless one is given."""

    def made(
        principal: Principal | None = None, *, key: str | None = None, issuer: str = "gateway", **more: str
    ) -> dict[str, str]:
        token = mint(issuer_keys[issuer], principal or person(), audience="sample-service", issuer=issuer)
        fields = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or str(uuid4())}
        return fields | {name.replace("_", "-"): value for name, value in more.items()}

    return made


@pytest.fixture
async def sql(sample_database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of the test's own, to look behind the service."""
    connection = await asyncpg.connect(sample_database)
    yield connection
    await connection.close()


@pytest.fixture
def shelve(client: httpx.AsyncClient, headers: Headers) -> Callable[..., Awaitable[UUID]]:
    """Puts a thing on a shelf and gives its id."""

    async def put(**fields: Any) -> UUID:
        body = {"label": f"thing {uuid4().hex}"} | fields
        answer = await client.post("/v1/things", json=body, headers=headers(person("/hq/")))
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    return put
