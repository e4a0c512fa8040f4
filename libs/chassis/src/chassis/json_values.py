"""Our values as JSON: ids and amounts as text, times in RFC 3339, enums by value. Pure."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from chassis.money import Money


def json_ready(value: Any) -> Any:
    """The same value made only of what JSON knows; TypeError for a float or anything without a written form."""
    match value:
        case None | bool() | int() if not isinstance(value, Enum):
            return value
        case Enum():
            return json_ready(value.value)
        case str():
            return value
        case UUID():
            return str(value)
        case Decimal():
            return format(value, "f")
        case datetime() | date():
            return value.isoformat()
        case Money():
            return value.as_json()
        case Mapping():
            return {str(json_ready(key)): json_ready(item) for key, item in value.items()}
        case set() | frozenset():
            # A set has no order of its own; a sorted list makes the written form repeatable.
            return sorted((json_ready(item) for item in value), key=str)
        case list() | tuple():
            return [json_ready(item) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: json_ready(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no written form in JSON")


# json.dumps would make an encoder anew for each value.
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=json_ready, allow_nan=False).encode


def dumps(value: Any) -> str:
    """Compact JSON; values of ours inside (ids, dates, amounts) are written as `json_ready` writes them."""
    return _ENCODE(value)
