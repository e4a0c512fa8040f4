"""Shapes of requests and answers: unknown fields are refused, money is text, every field may explain itself twice."""

from collections.abc import Callable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from chassis.days import read_day, read_moment
from chassis.money import Money

_OF_ITS_OWN = "model"


def _read_text(value: Any) -> Any:
    if isinstance(value, str) and "\0" in value:
        raise PydanticCustomError("string_nul", "holds a NUL character")
    return value


# How these are read wherever they stand in a body; the database holds no NUL.
_READ: dict[str, Callable[[Any], Any]] = {"date": read_day, "datetime": read_moment, "str": _read_text}


def _written(node: Any, *, outermost: bool = False) -> Any:
    """The same schema with `_READ` before each day, moment and text in it; models inside see to their own."""
    if isinstance(node, list | tuple):
        return type(node)(_written(part) for part in node)
    if not isinstance(node, dict) or (node.get("type") == _OF_ITS_OWN and not outermost):
        return node
    read = _READ.get(str(node.get("type")))
    if read is not None:
        return core_schema.no_info_before_validator_function(read, node)
    return {name: part if name == "metadata" else _written(part) for name, part in node.items()}


class Input(BaseModel):
    """What a caller sends: frozen, a field we do not know is refused rather than ignored, a number is no date."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: CoreSchema = _written(handler(source), outermost=True)
        return schema


class Output(BaseModel):
    """What we answer. Built from our own values, so reading from attributes is allowed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class MoneyBody(BaseModel):
    """Money on the wire: `{"amount": "12.30", "currency": "CNY"}`, both ways, the amount a string."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"amount": "12.30", "currency": "CNY"}]},
    )

    amount: str = Field(pattern=r"^-?[0-9]{1,16}(\.[0-9]{1,4})?$")
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    @classmethod
    def of(cls, money: Money) -> Self:
        """The body of an amount."""
        return cls.model_validate(money.as_json())

    def money(self) -> Money:
        """The amount a caller sent."""
        return Money.of(self.amount, self.currency)


def described(*, en: str, zh: str, **constraints: Any) -> Any:
    """A pydantic field with its description in both languages: `name: str = described(en="…", zh="…", max_length=80)`.

    Each language's OpenAPI document carries its own one.
    """
    return Field(description=zh, json_schema_extra={"x-en": en, "x-zh": zh}, **constraints)
