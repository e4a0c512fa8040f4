"""What is wrong with a field, in both languages, by pydantic's error types. The value itself never appears."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from chassis.refusals import FieldError
from chassis.texts import Text

_ANYTHING = Text(en="The value is not valid.", zh="填写有误。")
_WHOLE_NUMBER = Text(en="Must be a whole number.", zh="须为整数。")
_NUMBER = Text(en="Must be a number.", zh="须为数字。")
_TEXT = Text(en="Must be text.", zh="须为文本。")
_BOOLEAN = Text(en="Must be true or false.", zh="须为 true 或 false。")
_LIST = Text(en="Must be a list.", zh="须为列表。")
_OBJECT = Text(en="Must be an object.", zh="须为对象。")
_DATE = Text(en="Must be a date like 2026-11-22.", zh="须为日期，例如 2026-11-22。")
_TIME = Text(
    en="Must be an RFC 3339 time like 2026-11-22T09:30:00+08:00.",
    zh="须为 RFC 3339 时间，例如 2026-11-22T09:30:00+08:00。",
)
_ZONE = Text(en="The time needs its offset from UTC.", zh="时间须带时区偏移。")
_ID = Text(en="Must be an id in UUID form.", zh="须为 UUID 格式的编号。")
_CHOICE = Text(en="Must be one of: {expected}.", zh="须为以下之一：{expected}。")
_FILE = Text(en="Must be a file.", zh="须为文件。")

TEXTS: Mapping[str, Text] = {
    "missing": Text(en="This field is required.", zh="必填。"),
    "extra_forbidden": Text(en="This field is not known.", zh="未知字段。"),
    "json_invalid": Text(en="The body is not valid JSON.", zh="请求内容不是有效的 JSON。"),
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "dict_type": _OBJECT,
    "string_type": _TEXT,
    "string_sub_type": _TEXT,
    "string_unicode": _TEXT,
    "string_nul": Text(en="Holds a NUL character, which no text may hold.", zh="包含空字符（NUL），文本中不允许出现。"),
    "string_too_short": Text(en="Must have at least {min_length} characters.", zh="至少 {min_length} 个字符。"),
    "string_too_long": Text(en="May have at most {max_length} characters.", zh="最多 {max_length} 个字符。"),
    "string_pattern_mismatch": Text(en="Does not have the required form.", zh="格式不符合要求。"),
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "decimal_max_digits": Text(en="May have at most {max_digits} digits.", zh="最多 {max_digits} 位数字。"),
    "decimal_max_places": Text(en="May have at most {decimal_places} decimals.", zh="小数最多 {decimal_places} 位。"),
    "decimal_whole_digits": Text(
        en="May have at most {whole_digits} digits before the point.", zh="整数部分最多 {whole_digits} 位。"
    ),
    "greater_than": Text(en="Must be greater than {gt}.", zh="须大于 {gt}。"),
    "greater_than_equal": Text(en="Must be at least {ge}.", zh="须大于或等于 {ge}。"),
    "less_than": Text(en="Must be less than {lt}.", zh="须小于 {lt}。"),
    "less_than_equal": Text(en="Must be at most {le}.", zh="须小于或等于 {le}。"),
    "multiple_of": Text(en="Must be a multiple of {multiple_of}.", zh="须为 {multiple_of} 的倍数。"),
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "too_short": Text(en="Needs at least {min_length} entries.", zh="至少 {min_length} 项。"),
    "too_long": Text(en="May have at most {max_length} entries.", zh="最多 {max_length} 项。"),
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "date_past": Text(en="Must be in the past.", zh="须为过去的日期。"),
    "date_future": Text(en="Must be in the future.", zh="须为将来的日期。"),
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_aware": _ZONE,
    "timezone_naive": _ZONE,
    "time_type": Text(en="Must be a time of day like 09:30.", zh="须为时刻，例如 09:30。"),
    "time_parsing": Text(en="Must be a time of day like 09:30.", zh="须为时刻，例如 09:30。"),
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "uuid_version": _ID,
    "enum": _CHOICE,
    "literal_error": _CHOICE,
    "union_tag_invalid": Text(en="The kind is not known.", zh="类型未知。"),
    "union_tag_not_found": Text(en="The kind is missing.", zh="缺少类型。"),
    "none_required": Text(en="Must be empty.", zh="须为空。"),
    "bytes_type": _FILE,
}

# Only what comes from the schema may be said; other context may hold pieces of what was sent.
_FROM_SCHEMA = frozenset(
    {"gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "expected"}
    | {"max_digits", "decimal_places", "whole_digits"}
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_PLACES = {"body", "query", "path", "header", "cookie"}
_OWN_TEXT = "said"


def unknown_query(names: Iterable[str]) -> list[FieldError]:
    """A query parameter that the operation does not have, each; a filter nobody applies would show everything."""
    shown = [name if _NAME.fullmatch(name) else "*" for name in names]
    kind = "extra_forbidden"
    return [FieldError(f"/{name}", _code(kind), TEXTS[kind], place="query") for name in shown]


def field_refusal(code: str, *, en: str, zh: str) -> PydanticCustomError:
    """What a validator of an `Input` raises: `raise field_refusal("card.number-form", en="…", zh="…")`."""
    return PydanticCustomError(code, "refused", {_OWN_TEXT: Text(en=en, zh=zh)})


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[tuple[str, FieldError]]:
    """Pydantic's errors as ours, each with the place it was found in: body, query, path, header."""
    return [_field_error(error) for error in errors]


def _field_error(error: Mapping[str, Any]) -> tuple[str, FieldError]:
    kind = str(error["type"])
    context = error.get("ctx") or {}
    place, pointer = _pointer(error["loc"], malformed=kind == "json_invalid")
    own = context.get(_OWN_TEXT)
    if isinstance(own, Text):
        return place, FieldError(pointer, kind, own)
    text = TEXTS.get(kind, _ANYTHING)
    params = {name: value for name, value in context.items() if name in _FROM_SCHEMA}
    return place, FieldError(pointer, _code(kind), text, params)


def _pointer(location: Sequence[Any], *, malformed: bool) -> tuple[str, str]:
    """A JSON pointer (RFC 6901) out of pydantic's location. A name that is no field name was typed by somebody, so it
    is not repeated."""
    parts = list(location)
    place = str(parts.pop(0)) if parts and parts[0] in _PLACES else "body"
    if malformed:
        return place, ""
    shown = [str(part) if isinstance(part, int) or _NAME.fullmatch(str(part)) else "*" for part in parts]
    return place, "".join(f"/{part}" for part in shown)


def _code(kind: str) -> str:
    return "field." + kind.replace("_", "-") if kind in TEXTS else "field.invalid"
