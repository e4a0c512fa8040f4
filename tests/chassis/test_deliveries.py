"""Work items told outside: signed, tried again, proved; never to a private address, never half a file."""

import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis import deliveries, work_items
from chassis.db import Database
from chassis.deliveries import Message, NotDelivered, back_off
from chassis.delivery_adapters import Folder, Webhook, addresses_of
from chassis.http_client import HttpClient
from chassis.identity import Principal

from tests.chassis.conftest import NOON

SECRET = "s" * 32
WANG = Principal("staff:1")
ALLOWED = {
    "delivery_id", "item_id", "version", "kind", "rule", "text", "status", "client_id", "subject_id", "owner",
    "owner_role", "unit_path", "due_at",
}  # fmt: skip


class Outside:
    """The other side of the webhook."""

    def __init__(self, status: int = 204, *, fails: bool = False) -> None:
        self.status, self.fails = status, fails
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.fails:
            raise httpx.ConnectError("gone")
        return httpx.Response(self.status, headers={"Location": "https://elsewhere.example/"}, text="not even JSON")

    def webhook(
        self,
        *,
        development: bool = False,
        addresses: tuple[str, ...] = ("8.8.8.8",),
        url: str = "https://hook.example/x",
    ) -> Webhook:
        async def resolve(host: str, port: int) -> list[str]:
            return list(addresses)

        http = HttpClient(httpx.MockTransport(self))
        return Webhook(url, SECRET, http, development=development, resolve=resolve)


async def an_item(database: Database, **said: Any) -> UUID:
    item: dict[str, Any] = {
        "kind": "count-shelf", "rule": "CS-21", "text": "count-shelf", "client_id": None, "subject_id": uuid4(),
        "owner": "staff:1", "owner_role": None, "unit_id": None, "due_at": NOON,
    }  # fmt: skip
    async with database.transaction() as tx:
        return await work_items.add(tx, **{**item, **said}, now=NOON)


async def told(database: Database, *adapters: Any, after: timedelta = timedelta()) -> int:
    async with database.transaction() as tx:
        await deliveries.collect(tx, adapters, now=NOON + after)
        return await deliveries.deliver(tx, adapters, service="a-service", now=NOON + after)


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def proofs(database: Database) -> list[dict[str, Any]]:
    async with database.reading() as tx:
        rows = await tx.connection.fetch("SELECT * FROM work_item_deliveries ORDER BY id")
        return [dict(row) for row in rows]


async def test_an_item_is_told_once_signed_and_proved(database: Database) -> None:
    outside, client = Outside(), uuid4()
    item = await an_item(database, client_id=client)
    assert await told(database, outside.webhook()) == 1
    assert await told(database, outside.webhook(), after=timedelta(days=1)) == 0
    (request,) = outside.asked
    body = json.loads(request.content)
    (sent,) = body["items"]
    assert (sent["item_id"], sent["client_id"], sent["kind"], body["service"]) == (
        str(item), str(client), "count-shelf", "a-service",
    )  # fmt: skip
    assert set(sent) == ALLOWED
    stamp = int(NOON.timestamp())
    mac = hmac.new(SECRET.encode(), f"{stamp}.".encode() + request.content, hashlib.sha256).hexdigest()
    assert request.headers["x-signature"] == f"t={stamp},v1={mac}"
    (proof,) = await proofs(database)
    assert (proof["status"], proof["answer_status"], proof["delivered_at"], proof["attempts"]) == (
        "delivered", 204, NOON, 1,
    )  # fmt: skip


async def test_the_connection_goes_to_the_address_that_was_looked_at_under_the_hosts_name(database: Database) -> None:
    outside = Outside()
    await an_item(database)
    await told(database, outside.webhook(url="https://hook.example:8443/x?y=1"))
    (request,) = outside.asked
    assert (str(request.url), request.headers["host"]) == ("https://8.8.8.8:8443/x?y=1", "hook.example:8443")
    assert request.extensions["sni_hostname"] == "hook.example"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.5", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1",
        "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "2002:a00:1::", "224.0.0.1",
    ],
)  # fmt: skip
async def test_no_private_address_is_ever_asked(database: Database, address: str) -> None:
    outside = Outside()
    await an_item(database)
    assert await told(database, outside.webhook(addresses=("8.8.8.8", address))) == 0
    (proof,) = await proofs(database)
    assert outside.asked == [] and proof["last_error"] == "the host has an address that is not public"


async def test_plain_http_is_not_spoken_outside_development(database: Database) -> None:
    outside = Outside()
    await an_item(database)
    assert await told(database, outside.webhook(url="http://hook.example/")) == 0
    assert outside.asked == [] and (await proofs(database))[0]["last_error"] == "https only"
    assert await told(database, outside.webhook(url="http://127.0.0.1:9/", development=True), after=back_off(0)) == 1


async def test_a_name_without_an_address_is_no_answer() -> None:
    with pytest.raises(NotDelivered, match="no address"):
        await addresses_of("nowhere.invalid", 443)


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "refused"), (404, "refused"), (302, "redirects are not followed")]
)
async def test_what_is_not_taken_is_tried_again_later_and_later(database: Database, status: int, reason: str) -> None:
    await an_item(database)
    bad, good = Outside(status), Outside()
    assert await told(database, bad.webhook()) == 0
    assert await told(database, bad.webhook(), after=timedelta(seconds=59)) == 0
    assert len(bad.asked) == 1
    assert await told(database, bad.webhook(), after=timedelta(minutes=1)) == 0
    async with database.reading() as tx:
        (waiting,) = await deliveries.undelivered(tx)
    assert (waiting["attempts"], waiting["answer_status"], waiting["last_error"]) == (2, status, reason)
    assert waiting["try_at"] == NOON + timedelta(minutes=3) and "client_id" not in waiting
    assert await told(database, good.webhook(), after=timedelta(minutes=3)) == 1
    (proof,) = await proofs(database)
    assert (proof["status"], proof["attempts"], proof["last_error"]) == ("delivered", 3, None)


async def test_a_host_that_does_not_answer_holds_nothing_up(database: Database) -> None:
    await an_item(database)
    assert await told(database, Outside(fails=True).webhook()) == 0
    assert (await proofs(database))[0]["last_error"] == "no answer (ConnectError)"
    assert back_off(50) == timedelta(hours=6)


async def test_changes_are_told_and_the_end_only_to_who_knew_of_it(database: Database, tmp_path: Path) -> None:
    known, unknown = await an_item(database), await an_item(database)
    async with database.transaction() as tx:
        await work_items.complete(tx, unknown, by=WANG, result="counted", now=NOON)
    assert await told(database, Folder(tmp_path)) == 1
    async with database.transaction() as tx:
        await work_items.complete(tx, known, by=WANG, result="counted", now=NOON)
    assert await told(database, Folder(tmp_path), after=timedelta(minutes=1)) == 1
    assert [(proof["item_id"], proof["item_version"]) for proof in await proofs(database)] == [(known, 1), (known, 2)]


async def test_a_file_has_one_line_an_item_and_is_never_half(database: Database, tmp_path: Path) -> None:
    items = [await an_item(database) for _ in range(3)]
    outside = Outside()
    assert await told(database, outside.webhook(), Folder(tmp_path)) == 6
    (file,) = files_in(tmp_path)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["item_id"] for line in lines] == [str(item) for item in items]
    assert file.name.startswith("a-service-20261122T040000Z-") and file.suffix == ".jsonl"


async def test_a_folder_that_is_gone_is_tried_again(database: Database, tmp_path: Path) -> None:
    await an_item(database)
    gone = tmp_path / "gone"
    assert await told(database, Folder(gone)) == 0
    assert "FileNotFoundError" in (await proofs(database))[0]["last_error"]
    gone.mkdir()
    assert await told(database, Folder(gone), after=timedelta(minutes=1)) == 1
    with pytest.raises(NotDelivered):
        await Folder(tmp_path / "other").send(Message(id="1", service="s", items=(), at=NOON))


async def test_what_is_undone_was_not_told(database: Database) -> None:
    outside = Outside()
    await an_item(database)
    with pytest.raises(RuntimeError, match="power"):
        async with database.transaction() as tx:
            await deliveries.collect(tx, [outside.webhook()], now=NOON)
            assert await deliveries.deliver(tx, [outside.webhook()], service="a-service", now=NOON) == 1
            raise RuntimeError("power cut")
    assert await proofs(database) == []
    assert await told(database, outside.webhook()) == 1


async def test_old_proofs_go_what_waits_stays_and_nothing_is_told_again(database: Database) -> None:
    taking, refusing = Outside(), Outside(500)
    await an_item(database)
    await told(database, taking.webhook())
    await an_item(database)
    await told(database, refusing.webhook(), after=timedelta(hours=1))

    async def pruned(before: timedelta) -> int:
        async with database.transaction() as tx:
            return await deliveries.prune_proofs(tx, before=NOON + before)

    # The day's limit itself is not past it.
    assert await pruned(timedelta()) == 0
    assert await pruned(timedelta(days=1)) == 1
    assert [row["status"] for row in await proofs(database)] == ["pending"]
    assert await told(database, taking.webhook(), after=timedelta(days=2)) == 1
    assert len(taking.asked) == 2 and len(await proofs(database)) == 1
