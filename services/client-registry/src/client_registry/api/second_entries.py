"""Double entry by a second person (XC-21): what waits, the second entry, a correction, a withdrawal."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from fastapi.responses import JSONResponse
from pydantic import Field

from client_registry.domain.second_entries import ROLES, PendingEntry
from client_registry.use_cases.correct_entry import correct_entry
from client_registry.use_cases.enter_again import enter_again
from client_registry.use_cases.withdraw_entry import withdraw_entry
from client_registry.views import second_entries as views

api = router()
_ENTERERS = allow(*sorted(frozenset[str]().union(*ROLES.values())))
_EXAMPLE = {"values": {"identity_number": "110101198001010010", "mobile": "13812345678"}}


class SecondEntryView(Output):
    """An entry that waits for its second person, or what became of it; never what was entered."""

    second_entry_id: UUID
    kind: str
    client_id: UUID | None
    unit_id: UUID
    fields: list[str] = described(en="To be entered by a second person, blind", zh="须由另一人独立再次录入的栏目")
    status: str = described(
        en="waiting, differs, applied, refused, withdrawn, expired or overtaken",
        zh="waiting 待录入，differs 不一致，applied 已生效，refused 多次不一致已退回，withdrawn 已撤回，"
        "expired 已过期，overtaken 登记表已被他人修改",
    )
    differing: list[str] = described(en="Fields that the two entries say differently", zh="两次录入不一致的栏目")
    attempts: int
    first_by: str
    first_at: datetime
    expires_at: datetime
    second_by: str | None
    second_at: datetime | None
    version: int


class EntryValues(Input):
    """Field and value, as on the paper form; dates as YYYY-MM-DD."""

    values: dict[str, str] = Field(min_length=1, max_length=20)


@api.get(
    "/v1/second-entries",
    **operation(
        "listSecondEntries",
        allow=_ENTERERS,
        en="List entries that wait for a second person",
        zh="查询待双人复录事项",
        en_detail="Open entries at your places: which fields are to be entered, never what was entered first.",
        zh_detail="列出您所在机构未办结的首次录入：只显示须复录的栏目，不显示首次录入的内容。",
        audience=["front-end", "branch"],
    ),
)
async def list_entries(call: Call, paging: Page) -> PageOf[SecondEntryView]:
    key = paging.after(UUID)
    grants = call.policy.grants_of(call.principal, call.now)
    found = await views.list_entries(call.tx, grants, after=key[0] if key else None, size=paging.limit + 1)
    kept, cursor = cut(found, paging.limit, lambda each: (each.id,))
    return page([second_entry_view(each) for each in kept], cursor)


@api.get(
    "/v1/second-entries/{second_entry_id}",
    **operation(
        "getSecondEntry",
        allow=_ENTERERS,
        en="See an entry that waits, and what became of it",
        zh="查看双人复录事项",
        audience=["front-end", "branch"],
    ),
)
async def get_entry(second_entry_id: UUID, call: Call) -> SecondEntryView:
    grants = call.policy.grants_of(call.principal, call.now)
    return second_entry_view(await views.get_entry(call.tx, second_entry_id, grants))


@api.post(
    "/v1/second-entries/{second_entry_id}/entries",
    status_code=201,
    **operation(
        "enterAgain",
        allow=_ENTERERS,
        en="Enter the fields the second time",
        zh="第二人复录",
        en_detail="All fields of `fields`, without having seen the first entry; never by who entered first. Equal: what was "
        "entered is done (`applied`). Different: both are told which fields, and either enters again or the first corrects.",
        zh_detail="须录入 fields 中的全部栏目，看不到首次录入的内容，且不得由首次录入人办理。一致即生效（applied）；"
        "不一致时仅告知双方栏目名称，由第二人重新录入或由首次录入人更正。",
        audience=["front-end", "branch"],
        example=_EXAMPLE,
    ),
)
async def enter(second_entry_id: UUID, body: EntryValues, call: Call) -> SecondEntryView:
    grants = call.policy.grants_of(call.principal, call.now)
    await views.get_entry(call.tx, second_entry_id, grants)
    return second_entry_view(
        await enter_again(call.tx, second_entry_id, body.values, by=call.principal, grants=grants, now=call.now)
    )


@api.post(
    "/v1/second-entries/{second_entry_id}/corrections",
    status_code=201,
    **operation(
        "correctEntry",
        allow=_ENTERERS,
        en="Correct one's own first entry where the second differs",
        zh="首次录入人更正",
        en_detail="Only fields in `differing`; afterwards the second person enters again.",
        zh_detail="只能更正 differing 中的栏目，更正后由第二人重新复录。",
        audience=["front-end", "branch"],
        example={"values": {"mobile": "13812345678"}},
    ),
)
async def correct(second_entry_id: UUID, body: EntryValues, call: Call) -> SecondEntryView:
    await views.get_entry(call.tx, second_entry_id, call.policy.grants_of(call.principal, call.now))
    return second_entry_view(
        await correct_entry(call.tx, second_entry_id, body.values, by=call.principal, now=call.now)
    )


@api.post(
    "/v1/second-entries/{second_entry_id}/withdrawals",
    status_code=201,
    **operation(
        "withdrawEntry",
        allow=_ENTERERS,
        en="Withdraw one's own first entry",
        zh="撤回首次录入",
        audience=["front-end", "branch"],
    ),
)
async def withdraw(second_entry_id: UUID, call: Call) -> SecondEntryView:
    await views.get_entry(call.tx, second_entry_id, call.policy.grants_of(call.principal, call.now))
    return second_entry_view(await withdraw_entry(call.tx, second_entry_id, by=call.principal, now=call.now))


def second_entry_view(entry: PendingEntry) -> SecondEntryView:
    """An entry as it is answered."""
    return SecondEntryView(
        second_entry_id=entry.id, kind=entry.kind.value, client_id=entry.client_id, unit_id=entry.unit_id,
        fields=list(entry.fields), status=entry.status.value, differing=list(entry.differing), attempts=entry.attempts,
        first_by=entry.first_by, first_at=entry.first_at, expires_at=entry.expires_at, second_by=entry.second_by,
        second_at=entry.second_at, version=entry.version,
    )  # fmt: skip


def accepted(entry: PendingEntry) -> JSONResponse:
    """202: what was entered waits for a second person."""
    answer = second_entry_view(entry).model_dump(mode="json")
    return JSONResponse(answer, 202, headers={"Location": f"/v1/second-entries/{entry.id}"})


WAITS: dict[int | str, dict[str, Any]] = {
    202: {"model": SecondEntryView, "description": "Waits for a second person 待另一人复录"}
}
