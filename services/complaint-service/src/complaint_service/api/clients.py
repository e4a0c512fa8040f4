"""What is open for one client."""

from uuid import UUID

from chassis.call import Call
from chassis.operation_docs import operation
from chassis.routing import router

from complaint_service.api.roles import READ_OF_CLIENT, client_scope
from complaint_service.api.shapes import OpenCase, OpenCases
from complaint_service.views import cases

api = router()


@api.get(
    "/v1/clients/{client_id}/complaints",
    **operation(
        "listOpenComplaintsOfClient",
        allow=READ_OF_CLIENT,
        en="List a client's open cases",
        zh="查询客户未结投诉",
        en_detail="Number, type, status and deadline, never words: what the recognition card shows (XC-12).",
        zh_detail="仅列出编号、类型、状态和时限,不含内容,用于客户识别。",
        audience=["front-end", "call-centre", "branch"],
    ),
)
async def list_open_complaints(client_id: UUID, call: Call) -> OpenCases:
    rows = await cases.list_open_of_client(call.tx, client_id, scope=client_scope(call))
    names = [name for name in OpenCase.model_fields if name != "case_id"]
    return OpenCases(items=[OpenCase(case_id=row["id"], **{name: row[name] for name in names}) for row in rows])
