"""Meetings with clients (CR-47, BOC-S Art. 31(1)): what was obtained at one is on file after it."""

from collections.abc import Mapping, Sequence
from datetime import date

from chassis.refusals import FieldError, Invalid
from chassis.texts import Text

_FUTURE = Text(en="A meeting is recorded after it was held.", zh="会面日期不能晚于今天。")
_TWICE = Text(en="This field is named twice.", zh="该栏目重复填写。")
_NOT_ON_FILE = Text(
    en="This field was not entered since the meeting; enter first what was obtained there.",
    zh="该栏目在会面之后未录入，请先将会面取得的信息登记到档案。",
)


def check_meeting(met_on: date, fields: Sequence[str], entered_on: Mapping[str, date], *, today: date) -> None:
    """Every field that was obtained stands on the form, entered on the day of the meeting or after it. Raises Invalid."""
    if met_on > today:
        raise Invalid([FieldError("/met_on", "meeting.future", _FUTURE)])
    errors = []
    for place, field in enumerate(fields):
        if field in fields[:place]:
            errors.append(FieldError(f"/fields/{place}", "meeting.field-twice", _TWICE))
        elif (entered := entered_on.get(field)) is None or entered < met_on:
            errors.append(FieldError(f"/fields/{place}", "meeting.field-not-entered", _NOT_ON_FILE))
    if errors:
        raise Invalid(errors)
