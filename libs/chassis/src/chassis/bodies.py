"""Shapes of requests and answers: unknown fields are refused, money is text, every field may explain itself twice."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from chassis.days import written
from chassis.money import Money


class Input(BaseModel):
    """What a caller sends: frozen, a field we do not know is refused rather than ignored, and a number is no date."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return written(handler(source))


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
