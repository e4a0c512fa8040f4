"""Days and times are text on the wire: pydantic alone would read 0 as the first of January 1970."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticKnownError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STAMP = re.compile(r"[0-9]{4}-")


def read_day(value: Any) -> Any:
    """A day as text, or what it is already; a number is refused."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise PydanticKnownError("date_parsing", {"error": "not written as a day"})
    if isinstance(value, int | float):
        raise PydanticKnownError("date_type")
    return value


def read_moment(value: Any) -> Any:
    """A moment as text, or what it is already; a number is refused."""
    if isinstance(value, str) and not _STAMP.match(value):
        raise PydanticKnownError("datetime_parsing", {"error": "not written as a time"})
    if isinstance(value, int | float):
        raise PydanticKnownError("datetime_type")
    return value


# A day, a moment in the query of a request; in a body (`Input`) plain ones are read the same way.
Day = Annotated[date, BeforeValidator(read_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(read_moment)]
