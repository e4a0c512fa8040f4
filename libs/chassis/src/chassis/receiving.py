"""A request's body as it arrives: counted against its limit, digested on the way, never collected here."""

import hashlib

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message, Receive

from chassis.refusals import TooLarge

_PIECE = 1024 * 1024


class Receiver:
    """Stands between the server and the request. Raises `TooLarge` at the first byte too many, or before the first
    one where Content-Length already says so."""

    def __init__(self, request: Request, limit: int) -> None:
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise TooLarge(limit_kib=limit // 1024)
        self._receive: Receive = request.receive
        self._limit = limit
        self._received = 0
        self._digest = hashlib.sha256()

    async def __call__(self) -> Message:
        """The next message of the server."""
        message = await self._receive()
        if message["type"] == "http.request":
            piece = message.get("body", b"")
            self._received += len(piece)
            if self._received > self._limit:
                raise TooLarge(limit_kib=self._limit // 1024)
            self._digest.update(piece)
        return message

    async def digest(self, request: Request) -> bytes:
        """What the body was, in 32 bytes: of a form its fields and files (a repeated upload has another boundary and
        is the same upload), otherwise the bytes received so far. An upload that reads the stream itself reads all of
        it before it begins."""
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return self._digest.digest()
        found = hashlib.sha256()
        for name, value in (await request.form()).multi_items():
            found.update(f"\x1e{name}\x1f".encode())
            if isinstance(value, UploadFile):
                found.update(f"{value.filename}\x1f".encode())
                await value.seek(0)
                while piece := await value.read(_PIECE):
                    found.update(piece)
                await value.seek(0)
            else:
                found.update(value.encode())
        return found.digest()
