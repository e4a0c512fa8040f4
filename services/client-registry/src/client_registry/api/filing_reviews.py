"""Reviews of filed qualifications whose figures were corrected."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from fastapi import Query

from client_registry.domain.filing_reviews import ReviewResult
from client_registry.use_cases.close_filing_review import close_filing_review
from client_registry.views import filing_reviews as views

api = router()
_FILERS = ("branch_personal_banking", "head_office_personal_banking")


class ReviewView(Output):
    """A filed level that the corrected figures no longer bear, and what became of it."""

    review_id: UUID
    client_id: UUID
    client_no: str | None
    level: str
    filed_decision_id: UUID
    review_decision_id: UUID
    outcome: str
    unit_id: UUID
    status: str
    result: str | None
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None


class CloseReview(Input):
    """What becomes of the filing."""

    result: ReviewResult = described(
        en="stands; to_be_revoked (the revocation is an act of its own); figures_wrong (the correction was)",
        zh="stands 维持；to_be_revoked 拟取消（取消须另行办理）；figures_wrong 更正数据有误",
    )


class ReviewClosedView(Output):
    """The review after it was closed."""

    review_id: UUID
    status: str
    result: str
    closed_at: datetime


@api.get(
    "/v1/qualification-reviews",
    **operation(
        "listQualificationReviews",
        allow=allow(*_FILERS, "auditor"),
        en="List reviews of filed qualifications",
        zh="查询已备案资格复核事项",
        en_detail="A correction of figures never reverses a filing silently: where the filing would not be made today, "
        "the department that filed reviews it.",
        zh_detail="数据更正不会自动撤销已备案资格；按更正后数据不再达标的，由备案部门复核。",
        audience=["branch"],
    ),
)
async def list_reviews(
    call: Call, paging: Page, status: Annotated[Literal["open", "closed"] | None, Query()] = None
) -> PageOf[ReviewView]:
    key = paging.after(UUID)
    rows = await views.reviews_of(
        call.tx, scope=call.scope, status=status, after=key[0] if key else None, most=paging.limit + 1
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    return page([ReviewView.model_validate({**dict(row), "review_id": row["id"]}) for row in kept], cursor)


@api.post(
    "/v1/qualification-reviews/{review_id}/closures",
    status_code=201,
    **operation(
        "closeQualificationReview",
        allow=allow(*_FILERS),
        en="Close a review with its result",
        zh="办结资格复核",
        audience=["branch"],
        example={"result": "stands"},
    ),
)
async def close_qualification_review(review_id: UUID, body: CloseReview, call: Call) -> ReviewClosedView:
    closed = await close_filing_review(
        call.tx, review_id, body.result, scope=call.scope, by=call.principal, now=call.now
    )
    return ReviewClosedView(
        review_id=closed.id, status=closed.status, result=body.result.value, closed_at=closed.closed_at or call.now
    )
