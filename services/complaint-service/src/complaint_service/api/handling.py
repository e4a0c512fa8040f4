"""Handling a case: taking it over, telling the client, answering, closing, and complaining again."""

from uuid import UUID

from chassis.call import Call, CallContext
from chassis.etags import set_etag
from chassis.operation_docs import operation
from chassis.routing import router
from fastapi import Response

from complaint_service import use_cases
from complaint_service.api.answers import view_of
from complaint_service.api.roles import CLOSE, COMPLAIN_AGAIN, HANDLE, case_scope
from complaint_service.api.shapes import CaseView, Close, ComplainAgain, GiveAnswer, Told
from complaint_service.domain.case import Case
from complaint_service.domain.refusals import CaseNotFound
from complaint_service.views import cases

api = router()


def _answered(response: Response, case: Case) -> CaseView:
    set_etag(response, case.version)
    return view_of(case)


async def _visible(call: CallContext, case_id: UUID) -> None:
    """Another unit's case and an unknown one answer alike."""
    await cases.get_case(call.tx, case_id, scope=case_scope(call))


@api.post(
    "/v1/complaints/{case_id}/acknowledgements",
    status_code=201,
    **operation(
        "acknowledgeComplaint",
        allow=HANDLE,
        en="Take a case over",
        zh="接手投诉",
        en_detail="By the handler; the duty of the first receiver passes to him (CM-4, BOC-S Art. 35(1)).",
        zh_detail="由处理人确认接手,首问责任随之移交。",
        audience=["branch", "call-centre"],
    ),
)
async def acknowledge_complaint(case_id: UUID, call: Call, response: Response) -> CaseView:
    await _visible(call, case_id)
    return _answered(response, await use_cases.acknowledge_complaint(call.tx, case_id, by=call.principal, now=call.now))


@api.post(
    "/v1/complaints/{case_id}/progress-updates",
    status_code=201,
    **operation(
        "reportComplaintProgress",
        allow=HANDLE,
        en="Note that the client was told about the progress",
        zh="登记向客户反馈进展",
        en_detail="By the handler; the progress clock starts anew (CM-21, CM-35).",
        zh_detail="由处理人登记,进展反馈时限重新起算。",
        audience=["branch", "call-centre"],
        example={"text": "已联系支行核实,预计周三给出处理意见。"},
    ),
)
async def report_progress(case_id: UUID, body: Told, call: Call, response: Response) -> CaseView:
    await _visible(call, case_id)
    return _answered(
        response, await use_cases.report_progress(call.tx, case_id, body.text, by=call.principal, now=call.now)
    )


@api.post(
    "/v1/complaints/{case_id}/answers",
    status_code=201,
    **operation(
        "answerComplaint",
        allow=HANDLE,
        en="Record the delivered handling opinion",
        zh="登记已送达的处理意见",
        en_detail=(
            "By the handler. The delivery meets the answer clocks and starts the quiet window of 30 natural days "
            "(CM-26, BOC-S Art. 34(4))."
        ),
        zh_detail="由处理人登记。客户收到处理意见即视为答复,30个自然日内未再投诉的可以结案。",
        audience=["branch", "call-centre"],
        example={
            "outcome": "justified",
            "opinion": "经核实反映属实,已当面致歉并安排专人办理。",
            "delivered_at": "2026-11-22T15:30:00+08:00",
            "delivery_way": "in_person",
        },
    ),
)
async def answer_complaint(case_id: UUID, body: GiveAnswer, call: Call, response: Response) -> CaseView:
    await _visible(call, case_id)
    case = await use_cases.answer_complaint(
        call.tx,
        case_id,
        body.outcome,
        body.opinion,
        delivered_at=body.delivered_at,
        delivery_way=body.delivery_way,
        by=call.principal,
        now=call.now,
    )
    return _answered(response, case)


@api.post(
    "/v1/complaints/{case_id}/closures",
    status_code=201,
    **operation(
        "closeComplaint",
        allow=CLOSE,
        en="Close a case",
        zh="结案",
        en_detail=(
            "A complaint is closed by a complaint officer in charge; for silence only after the window, and silence is "
            "not recorded as satisfaction (CM-26, A11)."
        ),
        zh_detail="投诉由投诉专员确认结案;因未再投诉而结案的须待期限届满,且不视为客户满意。",
        audience=["branch", "call-centre"],
        example={"because": "quiet"},
    ),
)
async def close_complaint(case_id: UUID, body: Close, call: Call, response: Response) -> CaseView:
    await _visible(call, case_id)
    return _answered(
        response, await use_cases.close_complaint(call.tx, case_id, body.because, by=call.principal, now=call.now)
    )


@api.post(
    "/v1/complaints/{case_id}/re-complaints",
    status_code=201,
    **operation(
        "complainAgain",
        allow=COMPLAIN_AGAIN,
        en="Complain again about the handling",
        zh="再次投诉",
        en_detail=(
            "Within 30 natural days of the delivered opinion: a new round with another handler (CM-27) who feeds back "
            "within 10 natural days (CM-28, BOC-S Art. 34(4))."
        ),
        zh_detail="收到处理意见后30个自然日内可再次投诉,另派人员重新调查,10个自然日内反馈。",
        audience=["front-end", "call-centre", "branch"],
        example={"text": "处理意见没有回答我的问题。"},
    ),
)
async def complain_again(case_id: UUID, body: ComplainAgain, call: Call, response: Response) -> CaseView:
    # Staff take it anywhere, as they take a first complaint; a client only his own.
    row = await cases.get_case(call.tx, case_id, scope=call.scope)
    if call.principal.client_id is not None and row["client_id"] != call.principal.client_id:
        raise CaseNotFound()
    return _answered(
        response, await use_cases.reopen_complaint(call.tx, case_id, body.text, by=call.principal, now=call.now)
    )
