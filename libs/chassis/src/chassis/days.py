"""Days and times are text on the wire: pydantic alone would read 0 as the first of January 1970."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STAMP = re.compile(r"[0-9]{4}-")
_OF_ITS_OWN = "model"


def _day(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise PydanticKnownError("date_parsing", {"error": "not written as a day"})
    if isinstance(value, int | float):
        raise PydanticKnownError("date_type")
    return value


def _stamp(value: Any) -> Any:
    if isinstance(value, str) and not _STAMP.match(value):
        raise PydanticKnownError("datetime_parsing", {"error": "not written as a time"})
    if isinstance(value, int | float):
        raise PydanticKnownError("datetime_type")
    return value


# A day, a moment in the query of a request; in a body (`Input`) plain ones are read the same way.
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(_stamp)]

_READ: dict[str, Callable[[Any], Any]] = {"date": _day, "datetime": _stamp}


def written(schema: CoreSchema) -> CoreSchema:
    """The same schema, with every day and time in it read from text only; models inside see to their own."""
    found: CoreSchema = _written(schema, outermost=True)
    return found


def _written(node: Any, *, outermost: bool = False) -> Any:
    if isinstance(node, list | tuple):
        return type(node)(_written(part) for part in node)
    if not isinstance(node, dict) or (node.get("type") == _OF_ITS_OWN and not outermost):
        return node
    read = _READ.get(str(node.get("type")))
    if read is not None:
        return core_schema.no_info_before_validator_function(read, node)
    return {name: part if name == "metadata" else _written(part) for name, part in node.items()}
