"""Sharing a leaving manager's clients out among others: preview, confirm, follow (CR-43, CR-44, XC-23)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.db import Record
from chassis.etags import set_etag
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from fastapi import Response
from pydantic import Field, StringConstraints

from client_registry.api.hand_overs import HEADS
from client_registry.api.qualification import OperationAccepted
from client_registry.domain.reassignments import Rule
from client_registry.use_cases.confirm_reassignment import confirm_reassignment
from client_registry.use_cases.preview_reassignment import preview_reassignment
from client_registry.views import reassignments as views

api = router()
_HEADS = allow(*HEADS)
Staff = Annotated[str, StringConstraints(pattern=r"^staff:[A-Za-z0-9_-]{1,32}$")]
_EXAMPLE = {"from_manager": "staff:BJ0101", "to": ["staff:BJ0102", "staff:BJ0103"], "rule": "by_weight"}


class PreviewReassignment(Input):
    """Whose clients, to whom, and how they are shared out."""

    from_manager: Staff
    to: list[Staff] = described(en="One or several managers", zh="接收的客户经理", min_length=1, max_length=50)
    rule: Rule = described(
        en="Even by number, even by tier weight, or to whoever is posted where the client is served",
        zh="按户数均分、按层级权重均分，或按服务网点分配",
        default=Rule.BY_WEIGHT,
    )
    remarks: str | None = described(
        en="What the receivers should know; kept encrypted", zh="交接说明（加密保存）", default=None, min_length=1,
        max_length=2000,
    )  # fmt: skip


class ConfirmReassignment(Input):
    """The digest of the preview that was looked at."""

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class BookView(Output):
    """Whom somebody looks after, in figures."""

    clients: int
    by_tier: dict[str, int]
    weekly_contacts: str = described(
        en="Contacts a week that the floors of EN-1 and EN-2 ask for", zh="按最低联系频率估算的每周联系次数"
    )


class ManagerShareView(Output):
    """What it means for one manager."""

    manager: str
    gets: int
    before: BookView
    after: BookView


class ReassignmentView(Output):
    """A preview, and what became of it."""

    id: UUID
    from_manager: str
    to: list[str]
    rule: str
    status: str
    digest: str
    policy_version: int
    clients: int
    unplaced: int = described(
        en="Clients kept and served where no receiver is posted; they stay", zh="无可分配接收人的客户数，保持不变"
    )
    managers: list[ManagerShareView]
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    operation_id: UUID | None


@api.post(
    "/v1/manager-reassignments",
    status_code=201,
    **operation(
        "previewManagerReassignment",
        allow=_HEADS,
        en="Preview the reassignment of a manager's clients",
        zh="预览客户经理客户批量调整",
        en_detail="Nothing moves. Says for each manager how many clients of which tier and how many contacts a week, "
        "before and after. Only clients and posts at your places count.",
        zh_detail="仅预览，不变更。返回每名客户经理调整前后的各层级客户数及每周联系次数估算，仅计算您机构范围内的客户与岗位。",
        audience=["branch"],
        example=_EXAMPLE,
    ),
)
async def preview(body: PreviewReassignment, call: Call) -> ReassignmentView:
    reassignment_id = await preview_reassignment(
        call.tx,
        from_manager=body.from_manager,
        receivers=body.to,
        rule=body.rule,
        remarks=body.remarks,
        places=call.scope.paths,
        by=call.principal,
        now=call.now,
    )
    return _view(await views.get_reassignment(call.tx, reassignment_id, scope=call.scope))


@api.get(
    "/v1/manager-reassignments/{reassignment_id}",
    **operation(
        "getManagerReassignment",
        allow=_HEADS,
        en="Read a reassignment",
        zh="查看客户批量调整",
        audience=["branch"],
    ),
)
async def get_reassignment(reassignment_id: UUID, call: Call, response: Response) -> ReassignmentView:
    row = await views.get_reassignment(call.tx, reassignment_id, scope=call.scope)
    set_etag(response, 1 if row["confirmed_at"] is None else 2, call.language)
    return _view(row)


@api.post(
    "/v1/manager-reassignments/{reassignment_id}/confirmations",
    status_code=202,
    **operation(
        "confirmManagerReassignment",
        allow=_HEADS,
        en="Carry a previewed reassignment out",
        zh="确认客户批量调整",
        en_detail="With the digest of the preview. Refused when clients came, left or changed since. Runs in the "
        "background; whoever confirms signs the hand-over records for the post that is left, each receiver his own.",
        zh_detail="须提供预览摘要；预览后客户有变化的予以拒绝。后台执行；确认人代表移交岗位签署交接记录，接收人各自签署。",
        audience=["branch"],
        example={"digest": "0" * 64},
    ),
)
async def confirm(
    reassignment_id: UUID, body: ConfirmReassignment, call: Call, response: Response
) -> OperationAccepted:
    await views.get_reassignment(call.tx, reassignment_id, scope=call.scope)
    started = await confirm_reassignment(call.tx, reassignment_id, seen=body.digest, by=call.principal, now=call.now)
    response.headers["Location"] = f"/v1/operations/{started.id}"
    return OperationAccepted(
        operation_id=started.id, kind=started.kind, status=started.status, created_at=started.created_at
    )


def _view(row: Record) -> ReassignmentView:
    preview = row["preview"]
    kept = ("id", "from_manager", "rule", "status", "policy_version", "proposed_by", "proposed_at", "confirmed_by",
            "confirmed_at", "operation_id")  # fmt: skip
    return ReassignmentView(
        **{name: row[name] for name in kept},
        to=row["receivers"],
        digest=row["digest"].hex(),
        clients=preview["clients"],
        unplaced=preview["unplaced"],
        managers=[ManagerShareView.model_validate(each) for each in preview["managers"]],
    )
