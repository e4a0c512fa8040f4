"""What a service hears, and which function of its consumers hears it."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Heard(BaseModel):
    """Our copy of an event: subclass with just the fields that are read; everything else is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_id: UUID
    occurred_at: datetime
    aggregate_version: int


@dataclass(frozen=True, slots=True)
class Hearer:
    """One consumer function: which type it hears, as which model, one by one or in runs, guarded or not."""

    event_type: str
    model: type[Heard]
    call: Callable[..., Awaitable[None]]
    state: str | None
    batch: bool


F = TypeVar("F", bound=Callable[..., Awaitable[None]])


class Hears:
    """The topics a service listens to and its consumers, registered by decorator.

    `@hears("ClientUpgraded")` takes `(tx, fact, *, now)`; with `batch=True` it takes `(tx, facts, *, now)` with a list
    in which each key's facts are in order. With `state="home"` an event older than the newest version already applied
    for (state, aggregate id) is dropped.
    """

    def __init__(self, *topics: str) -> None:
        self.topics: tuple[str, ...] = topics
        self.hearers: dict[str, Hearer] = {}

    def __call__(self, type: str, *, state: str | None = None, batch: bool = False) -> Callable[[F], F]:
        def register(call: F) -> F:
            if type in self.hearers:
                raise ValueError(f"{type} is heard twice: by {self.hearers[type].call.__name__} and {call.__name__}")
            model = _model_of(call, batch=batch)
            self.hearers[type] = Hearer(event_type=type, model=model, call=call, state=state, batch=batch)
            return call

        return register


def _model_of(call: Callable[..., Any], *, batch: bool) -> type[Heard]:
    """The Heard subclass that the second parameter is annotated with; TypeError when it is not one."""
    names = list(inspect.signature(call).parameters)
    hint: Any = get_type_hints(call).get(names[1]) if len(names) >= 2 else None
    if batch:
        hint = get_args(hint)[0] if get_origin(hint) is list else None
    if not (isinstance(hint, type) and issubclass(hint, Heard)):
        wanted = "list[<a Heard>]" if batch else "a Heard"
        raise TypeError(f"{call.__name__} must annotate its second parameter with {wanted}")
    return hint
