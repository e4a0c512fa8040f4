"""Logs: one JSON object a line, with service and trace id, and without anybody's personal data.

Redaction looks at names of fields and at shapes of values, in structlog's own events and in those of every library that
logs through `logging`. Of an exception only types and places are written: its text may hold a value of a row.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from chassis.tracing import current_trace_id

REDACTED = "[redacted]"
_SECRET_FIELDS = frozenset(
    {
        "name",
        "client_name",
        "full_name",
        "surname",
        "given_name",
        "phone",
        "mobile",
        "email",
        "fax",
        "address",
        "identity_number",
        "id_number",
        "passport",
        "birth_date",
        "employer",
        "factor",
        "password",
        "secret",
        "token",
        "authorization",
        "cookie",
        "body",
        "input",
        "account_number",
        "card_no",
        "pan",
        "cvv",
        "pin",
    }
)
_SHORT = 100
_UNTOUCHED = frozenset({"trace_id", "span_id", "timestamp", "level", "service", "logger"})
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z])(?:\d{17}[0-9Xx]|\d{13,19}|(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?![0-9A-Za-z])"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"
    r"|(?<=//)[^/\s:@]+:[^/\s@]+(?=@)"
)


@lru_cache(maxsize=4096)
def _hidden(value: str) -> str:
    """Routes, subjects and codes come again and again: looked at once."""
    return _PERSONAL.sub(REDACTED, value)


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hides fields that name personal data or secrets, and values shaped like numbers, addresses or tokens."""
    return {key: value if key in _UNTOUCHED else _clean(key, value) for key, value in event.items()}


def _clean(key: str, value: Any) -> Any:
    if key.lower() in _SECRET_FIELDS:
        return REDACTED
    if isinstance(value, str):
        return _hidden(value) if len(value) <= _SHORT else _PERSONAL.sub(REDACTED, value)
    if isinstance(value, Mapping):
        return {inner: _clean(str(inner), held) for inner, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", held) for held in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _PERSONAL.sub(REDACTED, str(value))


def describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replaces `exc_info` by the exception's types and places; never its text."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()[1]
    elif isinstance(raised, tuple):
        raised = raised[1]
    if isinstance(raised, BaseException):
        event["exception"] = _describe(raised)
    return event


def _describe(raised: BaseException) -> list[dict[str, Any]]:
    chain: list[dict[str, Any]] = []
    link: BaseException | None = raised
    while link is not None and len(chain) < 5:
        kind = type(link)
        chain.append({"type": f"{kind.__module__}.{kind.__qualname__}", "at": _places(link.__traceback__)})
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return chain


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-12:]]


_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


def _write(event: Any, **_: Any) -> str:
    return _ENCODE(event)


def configure_logging(service: str, level: str = "INFO") -> None:
    """Sends every log of this process to standard output as JSON lines. Called once, by the process."""

    def add_place(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds")
        event["service"] = service
        trace_id = current_trace_id()
        if trace_id is not None:
            event["trace_id"] = trace_id
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        add_place,
        describe_exception,
        redact,
    ]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    render = structlog.processors.JSONRenderer(serializer=_write)
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[remove_meta, render], pass_foreign_args=False
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for chatty in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(chatty).handlers[:] = []
        logging.getLogger(chatty).propagate = chatty != "uvicorn.access"
