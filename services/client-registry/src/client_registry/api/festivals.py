"""Major festivals with the days on which they come: clients are greeted on them (CR-90, CCB Art. 24)."""

from datetime import date, timedelta
from importlib.resources import files
from json import loads

from chassis.bodies import Output
from chassis.call import Call
from chassis.days import Day
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router

from client_registry.api.important_dates import check_range
from client_registry.api.readers import STAFF_ROLES
from client_registry.domain.lunar_calendar import YearlyDay, days_that_fall_on

api = router()
_GIVEN = loads(files("client_registry").joinpath("reference", "festivals.json").read_text(encoding="utf-8"))
# A leap month has no festival of its own: the days here are those of the regular months.
_BY_DAY = {YearlyDay(each["lunar"], False, each["month"], each["day"]): each for each in _GIVEN["festivals"]}


class FestivalView(Output):
    """A festival on its solar day."""

    on_day: date
    code: str
    name_zh: str
    name_en: str
    lunar: bool


class FestivalList(Output):
    """Festivals by day, and where the list of them comes from."""

    article: str
    items: list[FestivalView]


@api.get(
    "/v1/festivals",
    **operation(
        "listFestivals",
        allow=allow(*STAFF_ROLES),
        en="Major festivals in a range of days",
        zh="查询节日日期",
        en_detail="At most 92 days; lunar festivals with the solar day on which they come.",
        zh_detail="最长92天；农历节日给出对应公历日期。",
        audience=["front-end", "branch", "call-centre"],
    ),
)
async def festivals(call: Call, from_on: Day, until_on: Day) -> FestivalList:
    check_range(from_on, until_on)
    items = []
    for day in (from_on + timedelta(days=n) for n in range((until_on - from_on).days + 1)):
        for each in (_BY_DAY[yearly] for yearly in days_that_fall_on(day) if yearly in _BY_DAY):
            items.append(
                FestivalView(on_day=day, code=each["code"], name_zh=each["zh"], name_en=each["en"], lunar=each["lunar"])
            )
    return FestivalList(article=_GIVEN["article"], items=items)
