"""`/v1/operations`: how far long work has come, what became of it, and stopping it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from chassis import operations
from chassis.bodies import Output, described
from chassis.call import Call, CallContext
from chassis.operation_docs import operation
from chassis.operations import Operation, Status
from chassis.policy import allow_any_staff, allow_systems
from chassis.refusals import NotFound
from chassis.routing import router

_SEES_ALL = frozenset({"operator", "auditor"})
_STOPS_ALL = frozenset({"operator"})
_EXAMPLE: dict[str, Any] = {
    "id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11",
    "kind": "client-import",
    "status": "running",
    "done": 12000,
    "total": 45000,
    "result": None,
    "problem": None,
    "created_at": "2026-11-22T01:00:00Z",
    "started_at": "2026-11-22T01:00:01Z",
    "finished_at": None,
    "cancel_requested": False,
}


class OperationProblem(Output):
    """Why an operation failed."""

    code: str
    detail: str


class OperationView(Output):
    """Long work as its starter sees it."""

    id: UUID
    kind: str
    status: Status
    done: int = described(en="Units of work done", zh="已完成数量")
    total: int | None = described(en="Units of work in all, once known", zh="总数量（已知时）")
    result: dict[str, Any] | None
    problem: OperationProblem | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested: bool


def operations_router() -> APIRouter:
    """Reading and cancelling operations: for who started it; an operator also cancels, an auditor also reads."""
    api = router()

    @api.get(
        "/v1/operations/{operation_id}",
        **operation(
            "getOperation",
            allow=allow_any_staff() | allow_systems("gateway"),
            en="See how far an operation has come",
            zh="查询长任务进度",
            en_detail="For who started it, for operators and auditors. Anyone else is answered as if there were none.",
            zh_detail="仅发起人、运维和审计可见；其他人视同不存在。",
            audience=["front-end", "ops"],
            answer_example=_EXAMPLE,
        ),
    )
    async def get_operation(operation_id: UUID, call: Call) -> OperationView:
        return _view(await _of_caller(operation_id, call, _SEES_ALL), call)

    @api.post(
        "/v1/operations/{operation_id}/cancellations",
        status_code=202,
        **operation(
            "cancelOperation",
            allow=allow_any_staff(),
            en="Cancel an operation",
            zh="取消长任务",
            en_detail="A queued one ends at once, a running one after the step it is in. Ranges done stay done.",
            zh_detail="排队中的立即结束；运行中的在当前步骤后结束，已完成的部分保留。",
            audience=["front-end", "ops"],
            answer_example={**_EXAMPLE, "cancel_requested": True},
        ),
    )
    async def cancel_operation(operation_id: UUID, call: Call) -> OperationView:
        await _of_caller(operation_id, call, _STOPS_ALL)
        return _view(await operations.cancel(call.tx, operation_id, now=call.now), call)

    return api


async def _of_caller(operation_id: UUID, call: CallContext, roles: frozenset[str]) -> Operation:
    found = await operations.get(call.tx, operation_id)
    if found.started_by != call.principal.subject and not roles & call.principal.roles():
        raise NotFound()
    return found


def _view(found: Operation, call: CallContext) -> OperationView:
    problem = None
    if found.problem is not None:
        said = found.problem.get("en" if call.language == "en" else "zh", "")
        problem = OperationProblem(code=str(found.problem.get("code", "")), detail=str(said))
    return OperationView(
        id=found.id,
        kind=found.kind,
        status=found.status,
        done=found.done,
        total=found.total,
        result=found.result,
        problem=problem,
        created_at=found.created_at,
        started_at=found.started_at,
        finished_at=found.finished_at,
        cancel_requested=found.cancel_requested,
    )
