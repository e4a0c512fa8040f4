"""Taking complaints, enquiries and suggestions in."""

from dataclasses import asdict
from enum import StrEnum

from chassis.call import Call, CallContext
from chassis.etags import set_etag
from chassis.operation_docs import operation
from chassis.routing import router
from fastapi import Response

from complaint_service import use_cases
from complaint_service.api.answers import view_of
from complaint_service.api.roles import OPEN, READ
from complaint_service.api.shapes import CaseView, OpenComplaint, Word, Words
from complaint_service.domain.intake import Intake
from complaint_service.domain.refusals import NotForSomebodyElse
from complaint_service.domain.vocabulary import (
    NAMES,
    Channel,
    ClosedBecause,
    ComplaintType,
    DeliveryWay,
    Kind,
    Outcome,
    ServiceTier,
    Status,
)

api = router()

_EXAMPLE = {
    "kind": "complaint",
    "complaint_type": "process",
    "channel": "outlet_lobby",
    "client_id": "019a9c7e-0000-7000-8000-000000000001",
    "about_unit_id": "019a9c7e-0000-7000-8000-0000000000a1",
    "subject": "开户排队时间过长",
    "text": "上午等候四十分钟仍未叫号,希望说明原因。",
    "first_receiver": "staff:100234",
}


@api.post(
    "/v1/complaints",
    status_code=201,
    **operation(
        "openComplaint",
        allow=OPEN,
        en="Take in a complaint, an enquiry or a suggestion",
        zh="受理投诉、咨询或建议",
        en_detail=(
            "At any outlet and channel, with or without a client. The case gets its number, its handler by tier and "
            "channel (CM-10 to CM-19) and its clocks side by side (CM-22 to CM-30, statutory). The opener afterwards "
            "sees only what he opened."
        ),
        zh_detail="任何网点和渠道均可受理,可不指定客户。系统编号、按客户层级和渠道分派处理人,并同时启动各项时限。",
        audience=["front-end", "call-centre", "branch"],
        example=_EXAMPLE,
    ),
)
async def open_complaint(body: OpenComplaint, call: Call, response: Response) -> CaseView:
    own = call.principal.client_id
    if own is not None and (body.client_id not in (None, own) or body.first_receiver is not None):
        raise NotForSomebodyElse()
    intake = Intake(
        kind=body.kind,
        complaint_type=body.complaint_type,
        channel=body.channel,
        client_id=own or body.client_id,
        about_unit_id=body.about_unit_id,
        subject=body.subject,
        text=body.text,
        first_receiver=body.first_receiver,
    )
    case = await use_cases.open_complaint(call.tx, intake, by=call.principal, place=_place(call), now=call.now)
    set_etag(response, case.version)
    return view_of(case)


def _place(call: CallContext) -> str | None:
    """Where the taker sits: the most precise place of the grants that admitted him; None for a client."""
    paths = [grant.unit_path for grant in call.policy.grants_of(call.principal, call.now)]
    return max(paths, key=len) if paths and call.principal.client_id is None else None


@api.get(
    "/v1/complaint-vocabulary",
    **operation(
        "getComplaintVocabulary",
        allow=READ,
        en="The codes of complaint handling with their names",
        zh="投诉处理的代码及名称",
        en_detail="Channels (CM-1, CM-2), types (CM-9), kinds (CM-55) and what else may be chosen, in both languages.",
        zh_detail="渠道、投诉类型、业务种类等选项的代码及中英文名称。",
        audience=["front-end", "call-centre", "branch"],
    ),
)
async def get_vocabulary() -> Words:
    return Words(
        kinds=_words(Kind),
        channels=_words(Channel),
        complaint_types=_words(ComplaintType),
        tiers=_words(ServiceTier),
        statuses=_words(Status),
        outcomes=_words(Outcome),
        delivery_ways=_words(DeliveryWay),
        closed_because=_words(ClosedBecause),
    )


def _words(codes: type[StrEnum]) -> list[Word]:
    return [Word(code=code.value, **asdict(NAMES[code])) for code in codes]
