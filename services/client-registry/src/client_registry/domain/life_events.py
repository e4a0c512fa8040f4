"""What happens in a client's life: death, told by one person and confirmed by another."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from chassis.events import Fact
from chassis.refusals import FieldError, Invalid, RuleBroken
from chassis.texts import Text

from client_registry.domain.events import CLIENTS


@dataclass(frozen=True, kw_only=True)
class ClientDied(Fact):
    """The client is dead: membership and card have ended, nobody contacts him any more."""

    topic: ClassVar[str] = CLIENTS
    aggregate: ClassVar[str] = "client"
    aggregate_id_field: ClassVar[str] = "client_id"
    client_id: UUID
    died_on: date


class DeathKnown(RuleBroken):
    code = "death.known"
    text = Text(en="This client's death is reported already.", zh="该客户的死亡已登记。")


class NotReported(RuleBroken):
    code = "death.not-reported"
    text = Text(en="This report is decided already.", zh="该死亡登记已处理。")


_FUTURE = Text(en="A death cannot lie in the future.", zh="死亡日期不能晚于今天。")
_BEFORE_BIRTH = Text(en="A death cannot lie before the birth.", zh="死亡日期不能早于出生日期。")


def check_day(died_on: date, *, born_on: date | None, today: date) -> None:
    """Raises Invalid for a day that cannot be."""
    if died_on > today:
        raise Invalid([FieldError("/died_on", "death.future", _FUTURE)])
    if born_on is not None and died_on < born_on:
        raise Invalid([FieldError("/died_on", "death.before-birth", _BEFORE_BIRTH)])
