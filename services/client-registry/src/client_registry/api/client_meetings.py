"""Meetings with a client and what was obtained there (CR-47)."""

from datetime import date, datetime
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router

from client_registry.api.readers import FILE_READERS
from client_registry.use_cases.record_meeting import record_meeting
from client_registry.views import client_meetings as views
from client_registry.views import clients as files

api = router()


class RecordMeeting(Input):
    """When the client was met, and which fields of the registration form were obtained there (enter them first)."""

    met_on: date
    fields: list[str] = described(
        en="Names of fields of the registration form, entered since the meeting", zh="会面取得并已录入的登记表栏目名",
        min_length=1, max_length=60,
    )  # fmt: skip


class RecordedMeetingView(Output):
    """The record of the meeting."""

    meeting_id: UUID


class ObtainedFieldView(Output):
    """A field that was obtained, and where what stands in it today comes from."""

    field: str
    source: str | None
    collector: str | None
    collected_at: datetime | None


class MeetingView(Output):
    """One meeting: who collected, what, when it was filed; the content stands in the form."""

    meeting_id: UUID
    client_id: UUID
    met_on: date
    collector: str
    recorded_at: datetime
    fields: list[ObtainedFieldView]


@api.post(
    "/v1/clients/{client_id}/meetings",
    status_code=201,
    **operation(
        "recordMeeting",
        allow=allow("relationship_manager", "private_banker", "corporate_manager", "wealth_centre_head"),
        en="File a meeting with a client",
        zh="登记客户会面",
        en_detail="Names the fields of the registration form that were obtained there; each must have been entered since "
        "the meeting. Closes the request for the first meeting's record.",
        zh_detail="列明会面取得的登记表栏目，各栏目须已在会面之后录入。首次会面登记后，相应提醒自动办结。",
        audience=["front-end", "branch"],
        example={"met_on": "2026-11-20", "fields": ["address", "hobbies"]},
    ),
)
async def record(client_id: UUID, body: RecordMeeting, call: Call) -> RecordedMeetingView:
    await files.require_open(call.tx, client_id, scope=call.scope)
    meeting_id = await record_meeting(
        call.tx, client_id, met_on=body.met_on, fields=body.fields, by=call.principal, now=call.now
    )
    return RecordedMeetingView(meeting_id=meeting_id)


@api.get(
    "/v1/clients/{client_id}/meetings",
    **operation(
        "listMeetings",
        allow=allow(*FILE_READERS),
        en="List meetings with a client",
        zh="查询客户会面记录",
        en_detail="The newest record first: day, collector, and the source of each field; never what the fields say.",
        zh_detail="由近及远列示会面日期、采集人及各栏目来源，不含栏目内容。",
        audience=["front-end", "branch"],
    ),
)
async def list_(client_id: UUID, call: Call, paging: Page) -> PageOf[MeetingView]:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    key = paging.after(UUID)
    found = await views.meetings_of(call.tx, client_id, before=None if key is None else key[0], size=paging.limit + 1)
    kept, cursor = cut(found, paging.limit, lambda each: (each.meeting_id,))
    return page([MeetingView.model_validate(each) for each in kept], cursor)
