"""Important dates of clients and their families, and what comes next (CR-48, CR-90)."""

from datetime import date, datetime
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.clock import business_day
from chassis.days import Day
from chassis.etags import require_match, set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import Response
from pydantic import Field

from client_registry.api.clients import Purpose, path_of
from client_registry.api.households import FAMILY_KEEPERS
from client_registry.api.readers import FILE_READERS
from client_registry.domain.lunar_calendar import YearlyDay
from client_registry.domain.registration_form import Source
from client_registry.use_cases.keep_important_date import (
    Entered,
    drop_important_date,
    keep_important_date,
    verify_family,
)
from client_registry.views import clients as files
from client_registry.views import important_dates as views

api = router()
_READERS = allow(*FILE_READERS)
_RANGE_DAYS = 92
_RANGE = Text(
    en="The range begins on its first day and has at most {days} days, between 2000 and 2099.",
    zh="起止日期须先后有序，最长{days}天，且在2000年至2099年之间。",
)
_NO_PURPOSE = Text(en="Unmasked data needs a purpose.", zh="查看未脱敏信息须说明用途。")
_EXAMPLE = {"kind": "birthday", "month": 8, "day": 15, "lunar": True, "year": 1958, "source": "active_contact"}


class KeepImportantDate(Input):
    """A day that comes back every year. Kinds: `GET /v1/reference-data/important_date`."""

    member_id: UUID | None = described(
        en="Of whom in the household, a person recorded in this client's file; left out for the client's own",
        zh="家庭成员（登记于本客户档案下的非客户人员）；客户本人则不填",
        default=None,
    )
    kind: str = Field(max_length=64)
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    lunar: bool = described(en="By the lunar calendar", zh="农历", default=False)
    leap_month: bool = described(en="In the lunar leap month", zh="农历闰月", default=False)
    year: int | None = Field(default=None, ge=1600, le=9999)
    words: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"\S")
    source: Source = described(en="Where this is known from", zh="信息来源")

    def entered(self) -> Entered:
        """The date as it was entered."""
        return Entered(
            member_id=self.member_id, kind=self.kind, day=YearlyDay(self.lunar, self.leap_month, self.month, self.day),
            year=self.year, words=None if self.words is None else self.words.strip(), source=self.source,
        )  # fmt: skip


class ImportantDateView(Output):
    """One date; the year and words about it only where `masked` is false."""

    date_id: UUID
    client_id: UUID
    member_id: UUID | None
    relation: str = described(en="Relation to the head of the household, `self` for the client's own", zh="与户主关系")
    kind: str
    month: int
    day: int
    lunar: bool
    leap_month: bool
    year: int | None
    has_year: bool
    words: str | None
    next_on: date = described(en="The next solar day on which it comes", zh="下一次对应的公历日期")
    source: str
    collector: str
    collected_at: datetime
    verified_at: datetime | None
    verified_by: str | None
    masked: bool
    version: int


class ImportantDateList(Output):
    """A client's dates."""

    items: list[ImportantDateView]


class OccasionView(Output):
    """What comes on a day: of which client, whose it is to the head of the household, and which day it really is."""

    on_day: date
    occasion_id: UUID
    client_id: UUID
    client_no: str
    manager: str | None
    home_unit_id: UUID
    service_tier: str
    member_id: UUID | None
    kind: str
    relation: str
    month: int
    day: int
    lunar: bool
    leap_month: bool


class FamilyVerifiedView(Output):
    """When it was confirmed."""

    client_id: UUID
    verified_at: datetime


@api.get(
    "/v1/clients/{client_id}/important-dates",
    **operation(
        "listImportantDates",
        allow=_READERS,
        en="List a client's important dates",
        zh="查询客户重要日期",
        en_detail="Years and words are masked; `unmasked=true` needs a `purpose` and leaves an audit row.",
        zh_detail="年份和说明默认脱敏；unmasked=true 须说明 purpose 并留下审计记录。",
        audience=["front-end", "branch"],
    ),
)
async def list_(
    client_id: UUID, call: Call, unmasked: bool = False, purpose: Purpose | None = None
) -> ImportantDateList:
    await _look(call, client_id, unmasked, purpose)
    found = await views.dates_of(call.tx, client_id, masked=not unmasked, today=business_day(call.now))
    return ImportantDateList(items=[ImportantDateView.model_validate(each) for each in found])


@api.get(
    "/v1/clients/{client_id}/important-dates/{date_id}",
    **operation(
        "getImportantDate",
        allow=_READERS,
        en="Read one important date",
        zh="查看客户重要日期",
        audience=["front-end", "branch"],
    ),
)
async def get(
    client_id: UUID, date_id: UUID, call: Call, response: Response, unmasked: bool = False,
    purpose: Purpose | None = None,
) -> ImportantDateView:  # fmt: skip
    await _look(call, client_id, unmasked, purpose)
    return await _answer(call, client_id, date_id, response, masked=not unmasked)


@api.post(
    "/v1/clients/{client_id}/important-dates",
    status_code=201,
    **operation(
        "addImportantDate",
        allow=FAMILY_KEEPERS,
        en="Put an important date on a client's file",
        zh="登记客户重要日期",
        en_detail="A lunar 30th comes on the 29th of a shorter month; a day of a leap month comes in that leap month where "
        "the year has it, else in the month of the same number; 29 February comes on 28 February in a common year.",
        zh_detail="农历三十遇小月按廿九计；闰月日期遇该闰月之年按闰月计，否则按同名月份计；2月29日遇平年按2月28日计。",
        audience=["front-end", "branch"],
        example=_EXAMPLE,
    ),
)
async def add(client_id: UUID, body: KeepImportantDate, call: Call, response: Response) -> ImportantDateView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    date_id = await keep_important_date(call.tx, client_id, body.entered(), by=call.principal, now=call.now)
    return await _answer(call, client_id, date_id, response)


@api.put(
    "/v1/clients/{client_id}/important-dates/{date_id}",
    **operation(
        "changeImportantDate",
        allow=FAMILY_KEEPERS,
        en="Change an important date",
        zh="修改客户重要日期",
        en_detail="Needs If-Match with the ETag last read.",
        zh_detail="须在 If-Match 中提供最近读取的 ETag。",
        audience=["front-end", "branch"],
        if_match=True,
        example=_EXAMPLE,
    ),
)
async def change(
    client_id: UUID, date_id: UUID, body: KeepImportantDate, call: Call, response: Response
) -> ImportantDateView:
    version = await _require_match(call, client_id, date_id)
    await keep_important_date(
        call.tx, client_id, body.entered(), change=date_id, expected_version=version, by=call.principal, now=call.now
    )
    return await _answer(call, client_id, date_id, response)


@api.delete(
    "/v1/clients/{client_id}/important-dates/{date_id}",
    status_code=204,
    **operation(
        "dropImportantDate",
        allow=FAMILY_KEEPERS,
        en="Take an important date off a client's file",
        zh="删除客户重要日期",
        en_detail="Needs If-Match with the ETag last read.",
        zh_detail="须在 If-Match 中提供最近读取的 ETag。",
        audience=["front-end", "branch"],
        if_match=True,
    ),
)
async def drop(client_id: UUID, date_id: UUID, call: Call) -> Response:
    version = await _require_match(call, client_id, date_id)
    await drop_important_date(call.tx, client_id, date_id, expected_version=version, by=call.principal, now=call.now)
    return Response(status_code=204)


@api.post(
    "/v1/clients/{client_id}/family-verifications",
    status_code=201,
    **operation(
        "verifyFamily",
        allow=FAMILY_KEEPERS,
        en="The client confirmed his family's data",
        zh="客户确认家庭信息",
        en_detail="Marks the persons and dates in this client's file as verified now.",
        zh_detail="将本客户档案下的家庭成员及重要日期标记为已核实。",
        audience=["front-end", "branch"],
    ),
)
async def verify(client_id: UUID, call: Call) -> FamilyVerifiedView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    await verify_family(call.tx, client_id, by=call.principal, now=call.now)
    return FamilyVerifiedView(client_id=client_id, verified_at=call.now)


@api.get(
    "/v1/family-occasions",
    **operation(
        "listFamilyOccasions",
        allow=_READERS,
        en="What comes: birthdays and other days of my clients and their families",
        zh="查询客户及家庭近期生日与纪念日",
        en_detail="Clients in your scope, by day; at most 92 days, narrowed by manager or unit. Lunar days are given with the "
        "solar day on which they come. Never a year, never a name.",
        zh_detail="返回您权限范围内客户及家庭成员的日期，按公历日期排序，最长92天，可按客户经理或机构筛选；"
        "农历日期给出对应公历日期。不含年份和姓名。",
        audience=["front-end", "branch"],
    ),
)
async def upcoming(
    call: Call, paging: Page, from_on: Day, until_on: Day, manager: str | None = None, unit_id: UUID | None = None
) -> PageOf[OccasionView]:
    check_range(from_on, until_on)
    key = paging.after(date, UUID)
    found = await views.upcoming(
        call.tx, from_on=from_on, until_on=until_on, scope=call.scope, manager=manager,
        unit_path=await path_of(call, unit_id), after=None if key is None else (key[0], key[1]), size=paging.limit + 1,
    )  # fmt: skip
    kept, cursor = cut(found, paging.limit, lambda each: (each.on_day, each.occasion_id))
    return page([OccasionView.model_validate(each) for each in kept], cursor)


def check_range(from_on: date, until_on: date) -> None:
    """Raises Invalid for a range that runs backwards, is too long, or lies beyond the tables of the lunar calendar."""
    if not 0 <= (until_on - from_on).days < _RANGE_DAYS or not 2000 <= from_on.year <= until_on.year <= 2099:
        raise Invalid([FieldError("/until_on", "occasions.range", _RANGE, {"days": _RANGE_DAYS})])


async def _look(call: CallContext, client_id: UUID, unmasked: bool, purpose: str | None) -> None:
    """The row is written before anything is shown (XC-15, XC-17)."""
    await files.require_visible(call.tx, client_id, scope=call.scope)
    if not unmasked:
        return
    if purpose is None:
        raise Invalid([FieldError("/purpose", "purpose.missing", _NO_PURPOSE)])
    await audit.record(
        call.tx, act="important-dates.revealed", by=call.principal, object_type="client", object_id=client_id,
        client_id=client_id, purpose=purpose, at=call.now,
    )  # fmt: skip


async def _require_match(call: CallContext, client_id: UUID, date_id: UUID) -> int:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    known = await views.date_of(call.tx, client_id, date_id, masked=True, today=business_day(call.now))
    require_match(call.request, known.version)
    return known.version


async def _answer(
    call: CallContext, client_id: UUID, date_id: UUID, response: Response, *, masked: bool = True
) -> ImportantDateView:
    known = await views.date_of(call.tx, client_id, date_id, masked=masked, today=business_day(call.now))
    set_etag(response, known.version, "masked" if masked else "open", call.language)
    return ImportantDateView.model_validate(known)
