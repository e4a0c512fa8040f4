"""Reading cases."""

from typing import Annotated, Literal
from uuid import UUID

from chassis import audit
from chassis.call import Call
from chassis.etags import set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.routing import router
from fastapi import Query, Response

from complaint_service.api.answers import fields_of, line_of
from complaint_service.api.roles import READ, case_scope
from complaint_service.api.shapes import CaseLine, CaseWithWords, Explanation, WordsView
from complaint_service.domain.vocabulary import Status
from complaint_service.views import cases
from complaint_service.views.explanation import explanation_of

api = router()

Purpose = Literal["handling", "supervision", "review", "client-contact"]


@api.get(
    "/v1/complaints",
    **operation(
        "listComplaints",
        allow=READ,
        en="List cases",
        zh="查询投诉列表",
        en_detail="Those of the caller's place; for others what they handle, opened or, as managers, their clients have.",
        zh_detail="按机构权限查询;其他人员仅见本人处理、受理或所管客户的投诉。",
        audience=["front-end", "call-centre", "branch"],
    ),
)
async def list_complaints(
    call: Call,
    paging: Page,
    status: Annotated[Status | None, Query()] = None,
    client_id: Annotated[UUID | None, Query()] = None,
    mine: Annotated[bool, Query()] = False,
    overdue: Annotated[bool, Query()] = False,
) -> PageOf[CaseLine]:
    key = paging.after(UUID)
    rows, next_cursor = cut(
        await cases.list_cases(
            call.tx,
            scope=case_scope(call),
            before=key[0] if key else None,
            status=status.value if status else None,
            client_id=client_id,
            handler=call.principal.subject if mine else None,
            overdue_at=call.now if overdue else None,
            size=paging.limit + 1,
        ),
        paging.limit,
        by=lambda row: (row["id"],),
    )
    return page([line_of(row) for row in rows], next_cursor)


@api.get(
    "/v1/complaints/{case_id}",
    **operation(
        "getComplaint",
        allow=READ,
        en="Read a case",
        zh="查看投诉",
        en_detail=(
            "The words of the case are shown only to the handler, the complaint officers in charge and whoever opened "
            "it, with a purpose, and each such reading is audited (CM-17, BOC-S Art. 34(6))."
        ),
        zh_detail="投诉内容仅限处理人、主管投诉专员和受理人说明用途后查看,每次查看均留痕。",
        audience=["front-end", "call-centre", "branch"],
    ),
)
async def get_complaint(
    case_id: UUID,
    call: Call,
    response: Response,
    purpose: Annotated[Purpose | None, Query()] = None,
) -> CaseWithWords:
    row = await cases.get_case(call.tx, case_id, scope=case_scope(call))
    clocks = await cases.clocks_of(call.tx, [case_id])
    withheld = None
    if not cases.may_read(row, call.principal, call.now):
        withheld = "not-entitled"
    elif purpose is None:
        withheld = "purpose-missing"
    words = None
    if withheld is None:
        # Written before the words are opened: a reading that left no trace must not have happened.
        await audit.record(
            call.tx,
            act="complaint.words-read",
            by=call.principal,
            object_type="case",
            object_id=case_id,
            client_id=row["client_id"],
            purpose=purpose,
            at=call.now,
        )
        words = [WordsView(**word) for word in await cases.words_of(call.tx, case_id)]
    set_etag(response, row["version"], withheld or "words")
    return CaseWithWords(words=words, words_withheld=withheld, **fields_of(row, clocks[case_id]))


@api.get(
    "/v1/complaints/{case_id}/explanation",
    **operation(
        "explainComplaint",
        allow=READ,
        en="Explain routing and deadlines of a case",
        zh="说明投诉的分派和时限依据",
        en_detail=(
            "Each routing decision with its inputs, the rule that won and those that lost, and each clock with its "
            "rule, article, policy and calendar version, in both languages."
        ),
        zh_detail="列出每次分派的输入、适用规则和未采用的规则,以及每项时限的规则、条款、政策和日历版本(中英文)。",
        audience=["branch", "call-centre"],
    ),
)
async def explain_complaint(case_id: UUID, call: Call, response: Response) -> Explanation:
    row = await cases.get_case(call.tx, case_id, scope=case_scope(call))
    found = await explanation_of(call.tx, case_id)
    set_etag(response, row["version"], "explanation")
    return Explanation(case_id=case_id, case_no=row["case_no"], **found)
