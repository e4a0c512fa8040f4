"""Strong ETags over a version: nobody overwrites what somebody else changed in between (RFC 9110)."""

import hashlib
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from chassis.refusals import PreconditionMissing, Stale


def etag(version: int, *parts: object) -> str:
    """The strong tag of one representation: the record's version, and what else shapes the bytes (mask profile,
    language). Two representations of one version differ in the tag and agree in the version."""
    if not parts:
        return f'"{version}"'
    return f'"{version}-{_shape(tuple(map(str, parts)))}"'


@lru_cache(maxsize=1024)
def _shape(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def set_etag(response: Response, version: int, *parts: object) -> None:
    """Puts the tag on an answer; answers about people are never stored on the way (`no-store`)."""
    response.headers["ETag"] = etag(version, *parts)
    response.headers["Cache-Control"] = "no-store"


def require_match(request: Request, current: int) -> None:
    """Lets a change through when If-Match names the record's present version, in whatever mask or language it was read.

    Raises `PreconditionMissing` (428) without the field or with `*`, which protects nothing, and `Stale` (412) for
    another version or a weak tag.
    """
    given = request.headers.get("if-match", "").strip()
    if given in {"", "*"}:
        raise PreconditionMissing()
    versions = {_version(tag.strip()) for tag in given.split(",")}
    if str(current) not in versions:
        raise Stale()


def _version(tag: str) -> str | None:
    """The version inside a strong tag of ours."""
    if len(tag) < 3 or not (tag.startswith('"') and tag.endswith('"')):
        return None
    return tag[1:-1].partition("-")[0]
