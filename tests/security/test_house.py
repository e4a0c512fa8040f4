"""The running house, all processes: no personal data in clear anywhere, rights end in time, both doors refuse."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from vip.broker import TOPICS
from vip.client import Api, Refused
from vip.first_start import book_profile
from vip.happenings import Listening
from vip.house import House
from vip.importing import ImportFiles, follow, send_import
from vip.people import STEWARD, Person, find_person
from vip.places import BROKER, GATEWAY, ISSUER, POSTGRES, SERVICES
from vip.story import CENTRE
from vip.story_client import StoryClient, invent, write_book
from vip.trial import trial_house

from .matrix import CONTRACTS

MARK = "丁酉槐鸢"
PHONE = "13787654329"
HOME_PHONE = "010-87654329"
EMAIL = "canary.huaiyuan@bank-canary.example"
WORDS = {
    name: f"{MARK}-{name}-龘靐"
    for name in ("subject", "text", "memo", "opinion", "progress", "again", "reason", "path")
}
REVOKED_WITHIN_S = 60


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[House]:
    async with trial_house() as house:
        yield house


@pytest.fixture(scope="module")
async def api(house: House) -> AsyncIterator[Api]:
    async with Api(house.ports.url(GATEWAY), house.ports.url(ISSUER)) as api:
        yield api


@pytest.fixture(scope="module")
async def manager(api: Api) -> Person:
    return await find_person(api, role="relationship_manager", unit=CENTRE)


class Sent:
    """Everything that was sent and everything that came back."""

    def __init__(self, house: House, api: Api) -> None:
        self.http = httpx.AsyncClient(base_url=house.url, timeout=30, trust_env=False)
        self.api = api
        self.came_back: list[str] = []
        self.routes: set[str] = set()

    async def __call__(self, by: str, method: str, path: str, body: Any = None, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self.api.token(by)}", "Idempotency-Key": str(uuid4())}
        answer = await self.http.request(method, path, json=body, headers=headers | kwargs.pop("headers", {}), **kwargs)
        if answer.status_code >= 400:
            self.came_back.append(
                f"{method} {path.partition('?')[0]} {answer.status_code} {dict(answer.headers)} {answer.text}"
            )
        return answer


@pytest.fixture(scope="module")
async def person_in_clear(house: House, api: Api, manager: Person) -> dict[str, Any]:
    """One person whose every word is a canary, sent through every writing route, in order and broken."""
    from datetime import date

    who = invent(date(2026, 11, 22))
    canaries = [
        MARK,
        PHONE,
        PHONE[1:],
        HOME_PHONE,
        "87654329",
        EMAIL,
        who.identity_number,
        who.identity_number[6:14],
        *WORDS.values(),
    ]
    sent = Sent(house, api)
    try:
        client_id = await _good_requests(sent, who, manager)
        await _broken_requests(sent, api, who, client_id)
        await _imports(api, who, manager)
    finally:
        await sent.http.aclose()
    await asyncio.sleep(3)  # relays, listeners and sweeps have their turn
    return {"client_id": client_id, "canaries": canaries, "came_back": sent.came_back}


async def _good_requests(sent: Sent, who: StoryClient, manager: Person) -> str:
    by = manager.subject
    consents = {"marketing": True, "events": True, "wished_interval": "quarterly", "notice_version": "2026-01"}
    made = await sent(
        by,
        "POST",
        "/v1/clients",
        {
            "name": MARK,
            "identity": {"type": "resident_id", "number": who.identity_number},
            "sex": who.sex,
            "contacts": [
                {"way": "mobile", "value": PHONE},
                {"way": "home_phone", "value": HOME_PHONE},
                {"way": "email", "value": EMAIL},
            ],
            "confirm_identity_number": who.identity_number,
            "confirm_mobile": PHONE,
            "consents": consents,
            "home_unit_id": manager.unit_id,
            "manager": by,
        },
    )
    assert made.status_code == 201, made.text
    client_id = str(made.json()["client_id"])
    path = f"/v1/clients/{client_id}"
    seen = await sent(by, "GET", path, params={"unmasked": "true", "purpose": "client_service"})
    assert seen.status_code == 200 and seen.json()["name"] == MARK, seen.text
    for asked in ({"phone": PHONE}, {"name": MARK}, {"identity_number": who.identity_number}):
        looked = await sent(by, "POST", "/v1/client-lookups", {**asked, "purpose": "recognition"})
        assert looked.json()["matched"] == "one" or looked.json()["matched"] == "1", looked.text
        factor = {"identity_last4": who.identity_number[-4:]}
        await sent(by, "POST", f"/v1/client-lookups/{looked.json()['lookup_id']}/confirmations", factor)
        await sent(
            by,
            "POST",
            "/v1/caller-cards",
            {"lookup_id": looked.json()["lookup_id"], "called_back": True, "phone": PHONE},
        )
    deadline = time.monotonic() + 30
    case: httpx.Response | None = None
    while case is None or (case.status_code in (404, 422) and time.monotonic() < deadline):
        await asyncio.sleep(0.2)
        body = {
            "kind": "complaint", "complaint_type": "process", "channel": "outlet_lobby", "client_id": client_id,
            "about_unit_id": manager.unit_id, "subject": WORDS["subject"], "text": WORDS["text"],
        }  # fmt: skip
        case = await sent(by, "POST", "/v1/complaints", body)
    assert case.status_code == 201, case.text
    case_path = f"/v1/complaints/{case.json()['case_id']}"
    handler = case.json()["handler"] or by
    await sent(handler, "POST", f"{case_path}/acknowledgements")
    await sent(handler, "POST", f"{case_path}/progress-updates", {"text": WORDS["progress"]})
    answer = {
        "outcome": "justified",
        "opinion": WORDS["opinion"],
        "delivered_at": case.json()["opened_at"],
        "delivery_way": "in_person",
    }
    await sent(handler, "POST", f"{case_path}/answers", answer)
    await sent(by, "POST", f"{case_path}/re-complaints", {"text": WORDS["again"]})
    contact = {
        "client_id": client_id, "channel": "phone", "direction": "inbound", "reason": "complaint", "reached": True,
        "happened_at": case.json()["opened_at"], "memo": WORDS["memo"],
    }  # fmt: skip
    for reason in ("cadence", "service", "complaint", "care"):
        logged = await sent(by, "POST", "/v1/contacts", {**contact, "reason": reason})
        if logged.status_code == 201:
            break
    assert logged.status_code == 201, logged.text
    return client_id


async def _broken_requests(sent: Sent, api: Api, who: StoryClient, client_id: str) -> None:
    """The canaries where they do not belong: unknown fields, wrong types, broken JSON, in the place of ids."""
    document = json.loads((CONTRACTS / "gateway.json").read_text(encoding="utf-8"))
    cast: dict[str, str] = {"client": f"client:{client_id}"}
    for path, item in document["paths"].items():
        for method, described in item.items():
            # The last by name, a client only where nobody else may.
            role = max(described["x-roles"], key=lambda role: (role != "client", role))
            if role not in cast:
                cast[role] = (await find_person(api, role="auditor" if role == "*" else role)).subject
            by = cast[role]
            real = path.replace("{client_id}", client_id)
            for name in (
                "case_id",
                "card_id",
                "lookup_id",
                "operation_id",
                "item_id",
                "import_id",
                "issue_id",
                "receipt_id",
            ):
                real = real.replace(f"{{{name}}}", str(uuid4()))
            # A careless caller: the word stands in the place of an id, or in a filter.
            odd = WORDS["path"] if "{" in path else None
            if odd:
                await sent(
                    by,
                    method.upper(),
                    path.replace(path[path.index("{") : path.index("}") + 1], odd).replace("{", "").replace("}", ""),
                )
            if method == "get":
                await sent(by, "GET", real, params={"limit": WORDS["path"], "cursor": PHONE})
                continue
            leaves = {
                "name": MARK,
                "phone": PHONE,
                "text": WORDS["text"],
                "reason": WORDS["reason"],
                "number": who.identity_number,
            }
            headers = {"If-Match": f'"{PHONE}"'} if method == "put" else {}
            await sent(by, method.upper(), real, leaves, headers=headers)
            schema = next(iter(described.get("requestBody", {}).get("content", {"": {}}).values())).get("example") or {}
            await sent(by, method.upper(), real, {name: {"x": MARK, "y": [PHONE]} for name in schema}, headers=headers)
            await sent(by, method.upper(), real, {name: who.identity_number for name in schema}, headers=headers)
            broken = f'{{"name": "{MARK}", "phone": "{PHONE}"'.encode()
            await sent(
                by, method.upper(), real, None, content=broken, headers={"Content-Type": "application/json", **headers}
            )


async def _imports(api: Api, who: StoryClient, manager: Person) -> None:
    """A book with a good row and a broken one."""
    import tempfile
    from datetime import date

    other = invent(date(2026, 11, 22))
    rows = [
        other.row(home_unit=CENTRE, manager_no=manager.subject.partition(":")[2], today=date(2026, 11, 22))
        for _ in "ab"
    ]
    rows[0] |= {"name": MARK, "mobile": PHONE}
    rows[1] |= {
        "client_no": "X-2",
        "name": MARK,
        "mobile": PHONE,
        "identity_number": who.identity_number[:-1] + "?",
        "home_unit": MARK,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.csv"
        write_book(path, rows)
        started = await send_import(
            api, ImportFiles(profile=book_profile(), files=[path], mode="good_rows"), by=STEWARD
        )
        await follow(api, started["operation_id"], by=STEWARD)


def shapes(canary: str) -> Iterator[bytes]:
    """How a value could stand somewhere: plain, escaped in JSON, as hexadecimal, as base64, in another encoding."""
    plain = canary.encode()
    yield plain
    yield json.dumps(canary).strip('"').encode()
    yield plain.hex().encode()
    yield canary.encode("gb18030")
    yield canary.encode("gb18030").hex().encode()
    for shift in range(3):
        # Of a longer text only the middle is the same whatever stands before it.
        yield base64.b64encode(b"\0" * shift + plain)[4:-4]


def found_in(content: bytes, canaries: list[str]) -> list[str]:
    return sorted({canary for canary in canaries for shape in shapes(canary) if len(shape) >= 8 and shape in content})


def test_the_search_finds_what_is_there() -> None:
    for hidden in (
        MARK,
        json.dumps({"a": MARK}),
        MARK.encode().hex(),
        base64.b64encode(b"xx" + WORDS["memo"].encode()).decode(),
    ):
        assert found_in(hidden.encode(), [MARK, WORDS["memo"]])
    assert not found_in(b"{}", [MARK])


async def test_no_canary_stands_in_a_log(house: House, person_in_clear: dict[str, Any]) -> None:
    logs = sorted(house.logs.rglob("*.log"))
    assert len(logs) >= len(SERVICES) + 3
    assert any(b"/v1/clients" in log.read_bytes() for log in logs)
    assert {log.name: found for log in logs if (found := found_in(log.read_bytes(), person_in_clear["canaries"]))} == {}


async def test_no_canary_comes_back_in_an_error(person_in_clear: dict[str, Any]) -> None:
    errors = person_in_clear["came_back"]
    assert len(errors) > 100
    wrong = [
        error
        for error in errors
        if found_in(error.partition(" ")[2].partition(" ")[2].encode(), person_in_clear["canaries"])
    ]
    assert wrong == []
    assert [error for error in errors if " 500 " in error[:200]] == []


async def test_no_canary_is_said_to_the_broker(house: House, person_in_clear: dict[str, Any]) -> None:
    consumer = AIOKafkaConsumer(*TOPICS, bootstrap_servers=house.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    messages = []
    try:
        while batch := await consumer.getmany(timeout_ms=2_000):
            messages += [message for part in batch.values() for message in part]
    finally:
        await consumer.stop()
    said = b"\n".join(
        part
        for each in messages
        for part in (each.key or b"", each.value or b"", *(value for _, value in each.headers))
    )
    assert person_in_clear["client_id"].encode() in said
    assert found_in(said, person_in_clear["canaries"]) == []


@pytest.mark.parametrize("service", SERVICES)
async def test_no_canary_stands_in_a_row(service: str, house: House, person_in_clear: dict[str, Any]) -> None:
    connection = await asyncpg.connect(house.admin.url_for(SERVICES[service]))
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        content = {
            row["tablename"]: b"\n".join(
                line["line"].encode()
                for line in await connection.fetch(f'SELECT t::text AS line FROM "{row["tablename"]}" t')
            )
            for row in tables
        }
    finally:
        await connection.close()
    assert {"outbox", "audit", "operations", "inbox", "dead_letters", "idempotency_keys"} <= content.keys()
    assert person_in_clear["client_id"].encode() in b"".join(content.values())
    assert {
        name: found for name, rows in content.items() if (found := found_in(rows, person_in_clear["canaries"]))
    } == {}


async def test_another_branchs_client_is_not_found_through_the_gateway(
    person_in_clear: dict[str, Any], api: Api
) -> None:
    stranger = await find_person(api, role="relationship_manager", unit=CENTRE)
    async for person in api.items("/v1/staff", by=STEWARD, role="relationship_manager", limit=200):
        if person["unit_code"][:2] != CENTRE[:2]:
            stranger = person["subject"]
            break
    assert isinstance(stranger, str)
    for path in (
        "",
        "/consents",
        "/qualification",
        "/cards",
        "/complaints",
        "/contact-plan",
        "/contacts",
        "/mutes",
        "/overview",
    ):
        answers = []
        for client_id in (person_in_clear["client_id"], str(uuid4())):
            with pytest.raises(Refused) as refused:
                found = await api.get(f"/v1/clients/{client_id}{path}", by=stranger)
                if path == "/complaints" and found == {"items": []}:
                    raise Refused(404, {"code": "nothing"}, path)
            answers.append((refused.value.status, refused.value.code, refused.value.errors))
        assert answers[0] == answers[1], path
        assert answers[0][0] == 404, path


async def test_a_revoked_posting_stops_within_a_minute(house: House, api: Api, manager: Person) -> None:
    organisation = json.loads((house.home / "example" / "organisation.json").read_text(encoding="utf-8"))
    people = [
        person for person in organisation["staff"]
        if [posting["role"] for posting in person["postings"]] == ["relationship_manager"]
        and f"staff:{person['staff_no']}" != manager.subject
    ]  # fmt: skip
    leaver = people[-1]
    subject = f"staff:{leaver['staff_no']}"
    await api.get("/v1/clients", by=subject)
    leaver["postings"] = []
    file = house.home / "example" / "without-one.json"
    file.write_text(json.dumps(organisation, ensure_ascii=False), encoding="utf-8")
    await house.run_command("client-registry", "seed-organisation", str(file))
    revoked_at = time.monotonic()
    while True:
        try:
            await api.get("/v1/clients", by=subject)
        except Refused as refused:
            assert refused.status == 403
            break
        assert time.monotonic() - revoked_at < REVOKED_WITHIN_S, "a revoked posting still works after a minute"
        await asyncio.sleep(1)
    for path in ("/v1/clients", "/v1/cards", "/v1/complaints", "/v1/contact-plans"):
        with pytest.raises(Refused) as still:
            await api.get(path, by=subject)
        assert still.value.status == 403


@pytest.mark.parametrize("service", SERVICES)
async def test_a_token_of_the_bank_opens_no_service_and_none_opens_the_gateway(
    service: str, house: House, api: Api, manager: Person
) -> None:
    token = await api.token(manager.subject)
    header, claims, signature = token.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    later = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**later, "sub": STEWARD}).encode()).rstrip(b"=").decode()
    broken = {
        "nothing": "x",
        "alg none": f"{none}.{claims}.",
        "another's name": f"{header}.{forged}.{signature}",
        "half of it": f"{header}.{claims}",
        "signature cut": token[:-8],
    }
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        path = {
            "client-registry": "/v1/clients",
            "card-service": "/v1/cards",
            "complaint-service": "/v1/complaints",
        }.get(service, "/v1/contact-plans")
        directly = await http.get(house.ports.url(service) + path, headers={"Authorization": f"Bearer {token}"})
        assert (directly.status_code, directly.json()["code"]) == (401, "token.refused")
        for name, value in broken.items():
            for door in (house.url, house.ports.url(service)):
                refused = await http.get(door + path, headers={"Authorization": f"Bearer {value}"})
                assert refused.status_code == 401, (name, door)
                assert refused.headers["content-type"] == "application/problem+json"
        in_query = await http.get(house.url + path, params={"access_token": token})
        assert in_query.status_code == 401


async def test_without_the_database_callers_are_told_when_to_come_back_and_nobody_is_restarted(
    house: House, api: Api, manager: Person
) -> None:
    headers = {"Authorization": f"Bearer {await api.token(manager.subject)}", "Idempotency-Key": str(uuid4())}
    children = {name: house.child(name).pid for name in (*SERVICES, GATEWAY)}
    async with httpx.AsyncClient(base_url=house.url, headers=headers, timeout=30, trust_env=False) as http:
        assert (await http.get("/v1/clients")).status_code == 200
        await house.parts[POSTGRES].stop()
        for path in ("/v1/clients", "/v1/cards", "/v1/complaints", "/v1/contact-plans"):
            away = await http.get(path)
            assert (away.status_code, away.headers["content-type"]) == (503, "application/problem+json"), away.text
            assert int(away.headers["retry-after"]) >= 1
        await house.parts[POSTGRES].start()
        back_by = time.monotonic() + 30
        for path in ("/v1/clients", "/v1/cards", "/v1/complaints", "/v1/contact-plans"):
            while (answer := await http.get(path)).status_code != 200:
                assert answer.status_code == 503 and time.monotonic() < back_by, answer.text
                await asyncio.sleep(0.2)
    assert {name: house.child(name).pid for name in (*SERVICES, GATEWAY)} == children


async def test_without_the_broker_work_goes_on_and_its_events_follow(house: House, api: Api, manager: Person) -> None:
    await house.parts[BROKER].stop()
    try:
        body = {
            "kind": "enquiry", "channel": "outlet_lobby", "about_unit_id": manager.unit_id,
            "subject": "营业时间", "text": "周末是否营业",
        }  # fmt: skip
        case = await api.post("/v1/complaints", body, by=manager.subject)
    finally:
        await house.parts[BROKER].start()
    async with Listening(house.bootstrap, from_beginning=True) as listening:
        said = await listening.until(
            lambda happening: happening.data.get("case_id") == case["case_id"], within_s=60, seen=lambda happening: None
        )
    assert said is not None and said.type == "ComplaintOpened"
