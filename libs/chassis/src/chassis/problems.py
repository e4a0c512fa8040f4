"""Every refusal and every failure as `application/problem+json` (RFC 9457), in the caller's language.

The one place where a status is chosen. No input value and no stack trace ever leaves; what nobody expected is logged.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import asyncpg
import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from chassis.db import DatabaseAway, StatementTooSlow
from chassis.peers import PeerRefused
from chassis.refusals import (
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    Malformed,
    NotFound,
    PreconditionMissing,
    Refusal,
    RuleBroken,
    Stale,
    TooLarge,
    TooManyRequests,
    TryLater,
    TwinRunning,
    Unauthenticated,
)
from chassis.texts import Language, Text, negotiate
from chassis.tracing import current_trace_id
from chassis.validation_texts import field_errors

MEDIA_TYPE = "application/problem+json"
# A unique index that two requests can meet at the same moment → what the later one is told.
Conflicts = Mapping[str, Callable[[], Refusal]]
log = structlog.get_logger("problems")
_BODILESS = frozenset({"GET", "HEAD"})

STATUS: Mapping[type[Refusal], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Gone: 410,
    RuleBroken: 409,
    TwinRunning: 409,
    Stale: 412,
    TooLarge: 413,
    Invalid: 422,
    PreconditionMissing: 428,
    TooManyRequests: 429,
    PeerRefused: 502,
    TryLater: 503,
    Refusal: 409,
}
TITLES: Mapping[int, Text] = {
    400: Text(en="Request cannot be read", zh="请求无法识别"),
    401: Text(en="Not authenticated", zh="未通过身份验证"),
    403: Text(en="Not allowed", zh="无权限"),
    404: Text(en="Not found", zh="未找到"),
    405: Text(en="Method not allowed", zh="不支持该方法"),
    410: Text(en="Erased", zh="已删除"),
    409: Text(en="Not possible now", zh="当前无法办理"),
    412: Text(en="Changed meanwhile", zh="已被修改"),
    413: Text(en="Too large", zh="内容过大"),
    415: Text(en="Unsupported media type", zh="不支持的内容类型"),
    422: Text(en="Not valid", zh="填写有误"),
    428: Text(en="If-Match is required", zh="缺少 If-Match"),
    429: Text(en="Too many requests", zh="请求过于频繁"),
    500: Text(en="Internal error", zh="系统内部错误"),
    502: Text(en="A service refused", zh="依赖服务拒绝"),
    503: Text(en="Try again shortly", zh="请稍后再试"),
}


class Unexpected(Refusal):
    """Our fault (500); the log knows more."""

    code = "internal"
    text = Text(
        en="Something went wrong on our side; report the trace id if it stays.",
        zh="系统内部错误，如持续出现请提供 trace_id 报修。",
    )


class NoSuchRoute(NotFound):
    """No operation has this path."""

    code = "route.not-found"
    text = Text(en="There is no such operation.", zh="没有此接口。")


class MethodNotAllowed(Refusal):
    """The path exists, the method does not."""

    code = "route.method-not-allowed"
    text = Text(en="This path does not take this method.", zh="该路径不支持此方法。")


class AlreadyThere(RuleBroken):
    """The database refused a second record with the same key."""

    code = "conflict.already-there"
    text = Text(en="There is already such a record.", zh="相同记录已存在。")


class InvariantHeld(RuleBroken):
    """The database refused what a constraint forbids."""

    code = "conflict.constraint"
    text = Text(en="The record would break a rule that the database holds.", zh="该记录违反数据库约束的规则。")


class Busy(TryLater):
    """Somebody else holds what this needs, or it took too long."""

    code = "busy"
    text = Text(en="This took too long; please try again shortly.", zh="处理超时，请稍后再试。")


class StoreAway(TryLater):
    """The database is away; nothing was promised."""

    code = "store.away"
    text = Text(en="The records cannot be reached at the moment.", zh="暂时无法访问数据。")


def status_of(refusal: Refusal) -> int:
    """The status of the nearest kind that has one."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def answer(raised: Exception, request: Request) -> Response:
    """The problem for anything raised while a request was answered."""
    otherwise = "query" if request.method in _BODILESS else "body"
    refusal, status, places = _refusal(raised, otherwise, getattr(request.app.state, "conflicts", {}))
    if status >= 500 and not isinstance(refusal, TryLater):
        log.error("request failed", exc_info=raised)
    elif status in {401, 403}:
        log.warning("access denied", code=refusal.code, reason=getattr(raised, "reason", None))
    request.scope["problem_code"] = refusal.code
    return render(refusal, status, negotiate(request.headers.get("accept-language")), places)


def render(refusal: Refusal, status: int, language: Language, places: Sequence[str] = ()) -> Response:
    """A refusal as problem+json, with `Retry-After` where trying again makes sense."""
    headers = {"Content-Language": language.value, "Cache-Control": "no-store"}
    if isinstance(refusal, TryLater):
        headers["Retry-After"] = str(refusal.retry_after_s)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = json.dumps(problem(refusal, status, language, places), ensure_ascii=False).encode()
    return Response(body, status, headers, MEDIA_TYPE)


def problem(refusal: Refusal, status: int, language: Language, places: Sequence[str] = ()) -> dict[str, Any]:
    """The members of RFC 9457 and ours: `code` for machines, `trace_id` for us, `errors` with JSON pointers."""
    trace_id = current_trace_id() or ""
    found: dict[str, Any] = {
        "type": f"urn:vip:problem:{refusal.code}",
        "title": TITLES.get(status, TITLES[500]).say(language),
        "status": status,
        "detail": refusal.say(language),
        "instance": f"urn:vip:trace:{trace_id}",
        "code": refusal.code,
        "trace_id": trace_id,
    }
    if isinstance(refusal, Invalid | Malformed) and getattr(refusal, "errors", None):
        errors: list[FieldError] = refusal.errors  # type: ignore[union-attr]
        in_ = list(places) or ["body"] * len(errors)
        found["errors"] = [
            {"in": place, "pointer": error.pointer, "code": error.code, "detail": error.say(language)}
            for place, error in zip(in_, errors, strict=True)
        ]
    return found


def _refusal(raised: Exception, otherwise: str, conflicts: Conflicts) -> tuple[Refusal, int, list[str]]:
    if isinstance(raised, Refusal):
        return raised, status_of(raised), _places(raised, otherwise)
    if isinstance(raised, RequestValidationError):
        return _unreadable(raised)
    if isinstance(raised, HTTPException):
        return _of_framework(raised)
    if isinstance(raised, ClientDisconnect):
        return Malformed(), 400, []
    refusal = _of_database(raised, conflicts)
    return refusal, 500 if isinstance(refusal, Unexpected) else status_of(refusal), []


def _places(refusal: Refusal, otherwise: str) -> list[str]:
    """Where each field of a refusal of ours stood; `otherwise` where it does not say."""
    return [error.place or otherwise for error in refusal.errors] if isinstance(refusal, Invalid) else []


def _unreadable(raised: RequestValidationError) -> tuple[Refusal, int, list[str]]:
    found = field_errors(raised.errors())
    places = [place for place, _ in found]
    errors = [error for _, error in found]
    if any(error.code == "field.json-invalid" for error in errors):
        return Malformed(), 400, []
    return Invalid(errors), 422, places


def _of_framework(raised: HTTPException) -> tuple[Refusal, int, list[str]]:
    """What FastAPI and Starlette refuse themselves; a refusal of ours inside a body that was being read wins."""
    if isinstance(raised.__cause__, Refusal):
        return raised.__cause__, status_of(raised.__cause__), []
    if raised.status_code == 404:
        return NoSuchRoute(), 404, []
    if raised.status_code == 405:
        return MethodNotAllowed(), 405, []
    if raised.status_code < 500:
        return Malformed(), 400, []
    return Unexpected(), 500, []


def _of_database(raised: Exception, conflicts: Conflicts) -> Refusal:
    if isinstance(raised, DatabaseAway):
        return StoreAway(retry_after_s=raised.retry_after_s)
    if isinstance(raised, StatementTooSlow | TimeoutError):
        return Busy()
    if isinstance(raised, asyncpg.LockNotAvailableError):
        return TwinRunning()
    if isinstance(raised, asyncpg.DeadlockDetectedError | asyncpg.SerializationError):
        return Busy()
    if isinstance(raised, asyncpg.UniqueViolationError | asyncpg.ExclusionViolationError):
        log.info("constraint held", constraint=raised.constraint_name)
        return conflicts.get(raised.constraint_name or "", AlreadyThere)()
    if isinstance(raised, asyncpg.CheckViolationError | asyncpg.ForeignKeyViolationError):
        log.warning("constraint held", constraint=raised.constraint_name)
        return InvariantHeld()
    return Unexpected()
