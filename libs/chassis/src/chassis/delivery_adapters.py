"""Two ways outside for work items: a signed webhook, and files in a folder."""

import asyncio
import hashlib
import hmac
import ipaddress
import json
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from chassis.deliveries import Adapter, Message, NotDelivered
from chassis.http_client import HostAway, HttpClient
from chassis.settings import ServiceSettings

SIGNATURE = "X-Signature"
_TIMEOUT_S = 5.0
Resolve = Callable[[str, int], Awaitable[list[str]]]


async def addresses_of(host: str, port: int) -> list[str]:
    """Every address a name has at this moment. Raises NotDelivered for a name without one."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as unknown:
        raise NotDelivered("the host name has no address") from unknown
    return sorted({str(entry[4][0]) for entry in found})


def signature(secret: str, body: bytes, at_s: int) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 over "<seconds>.<body>", so that an old message cannot be sent again."""
    mac = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256)
    return f"t={at_s},v1={mac.hexdigest()}"


class Webhook:
    """POSTs signed JSON; taken is what is answered with 2xx. Follows no redirect.

    Outside development it speaks https only and to no private address: every address of the name must be a public one,
    and the connection goes to the very address that was looked at.
    """

    name = "webhook"

    def __init__(
        self, url: str, secret: str, http: HttpClient, *, development: bool, resolve: Resolve = addresses_of
    ) -> None:
        self._url = urlsplit(url)
        self._secret = secret
        self._http = http
        self._development = development
        self._resolve = resolve

    async def send(self, message: Message) -> int:
        """The status answered. Raises NotDelivered."""
        body = json.dumps(
            {"id": message.id, "service": message.service, "sent_at": message.at.isoformat(), "items": message.items},
            ensure_ascii=False,
        ).encode()
        host = self._url.hostname or ""
        headers = {
            "Content-Type": "application/json",
            "Host": self._url.netloc,
            SIGNATURE: signature(self._secret, body, int(message.at.timestamp())),
        }
        url = urlunsplit(self._url) if self._development else await self._pinned(host)
        try:
            status = await self._http.post_bytes(
                url, body, headers=headers, timeout_s=_TIMEOUT_S, server_name=None if self._development else host
            )
        except HostAway as away:
            raise NotDelivered(f"no answer ({away})") from away
        if not 200 <= status < 300:
            raise NotDelivered("redirects are not followed" if 300 <= status < 400 else "refused", status=status)
        return status

    async def _pinned(self, host: str) -> str:
        if self._url.scheme != "https":
            raise NotDelivered("https only")
        port = self._url.port or 443
        found = await self._resolve(host, port)
        if not found or not all(_is_public(address) for address in found):
            raise NotDelivered("the host has an address that is not public")
        address = f"[{found[0]}]" if ":" in found[0] else found[0]
        return urlunsplit(self._url._replace(netloc=f"{address}:{port}"))


def _is_public(address: str) -> bool:
    """Whether an address is one of the public Internet; an IPv4 address inside IPv6 counts as what it is."""
    known = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(known, "ipv4_mapped", None) or getattr(known, "sixtofour", None) or known
    return known.is_global and inner.is_global and not known.is_multicast


class Folder:
    """Writes a file of JSON lines a batch; nobody ever sees half a file."""

    name = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: Message) -> None:
        """Raises NotDelivered where the folder cannot be written to."""
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as failed:
            raise NotDelivered(f"the folder cannot be written to ({type(failed).__name__})") from failed

    def _write(self, message: Message) -> None:
        name = f"{message.service}-{message.at:%Y%m%dT%H%M%SZ}-{message.id}.jsonl"
        part = self._folder / f".{name}.part"
        lines = [json.dumps({"service": message.service, **item}, ensure_ascii=False) for item in message.items]
        with part.open("w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / name)


def adapters_of(settings: ServiceSettings, http: HttpClient) -> list[Adapter]:
    """The ways outside that the settings name; none by default."""
    found: list[Adapter] = []
    if settings.work_item_webhook_url is not None and settings.work_item_webhook_secret is not None:
        secret = settings.work_item_webhook_secret.get_secret_value()
        development = settings.environment == "development"
        found.append(Webhook(settings.work_item_webhook_url, secret, http, development=development))
    if settings.work_item_folder is not None:
        found.append(Folder(settings.work_item_folder))
    return found
