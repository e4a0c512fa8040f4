"""The list of key corporate-finance clients (公司VIP; CR-22, CR-24): proposed and approved by two of the corporate line."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import Invalid
from chassis.routing import router
from chassis.texts import Language
from pydantic import Field

from client_registry.api.explanations import SentenceView
from client_registry.domain.corporate_vips import IMPORT_MAX, EntryRefusal
from client_registry.use_cases.approve_corporate_vip import approve_corporate_vip
from client_registry.use_cases.end_corporate_vip import end_corporate_vip
from client_registry.use_cases.import_corporate_vips import Answer, Row, import_corporate_vips
from client_registry.use_cases.propose_corporate_vip import KIND, propose_corporate_vip
from client_registry.use_cases.refuse_corporate_vip import refuse_corporate_vip
from client_registry.views import clients as files
from client_registry.views import corporate_vips as views

api = router()
_LINE = allow("corporate_manager", "corporate_head")
_DECIDERS = allow("corporate_head")
_READERS = allow("corporate_manager", "corporate_head", "auditor")
_ROW: dict[str, Any] = {
    "grounds": "全省重点企业，公司金融条线认定", "evidence_no": "GSJR-2026-018", "valid_from": "2026-12-01",
    "valid_until": "2027-11-30",
}  # fmt: skip


class _Given(Input):
    """Why, on which paper, from when to when."""

    grounds: str = described(
        en="Why; kept sealed", zh="认定理由，加密保存", min_length=1, max_length=2000, pattern=r"\S"
    )
    evidence_no: str = described(
        en="Number of the paper", zh="依据文件编号", min_length=1, max_length=60, pattern=r"\S"
    )
    valid_from: date
    valid_until: date = described(en="Last day on the list", zh="名单有效期最后一日")


class ProposeCorporateVip(_Given):
    """One client for the list."""

    client_id: UUID


class CorporateVipRow(_Given):
    """One line of a list, by client number."""

    client_no: str = Field(min_length=1, max_length=40)


class ImportCorporateVips(Input):
    """A list, line by line."""

    rows: list[CorporateVipRow] = Field(min_length=1, max_length=IMPORT_MAX)
    validate_only: bool = described(en="Only say what would happen", zh="仅校验不保存", default=False)


class RefuseCorporateVip(Input):
    """Why not."""

    reason: EntryRefusal


class CorporateVipView(Output):
    """One entry, without its grounds."""

    corporate_vip_id: UUID
    client_id: UUID
    client_no: str
    name: str
    kind: str
    service_tier: str
    evidence_no: str
    valid_from: date
    valid_until: date
    status: str
    tier_before: str | None
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    refusal: str | None
    ended_on: date | None
    ended_by: str | None


class CorporateVipFileView(CorporateVipView):
    """One entry with its grounds."""

    grounds: str


class ImportedRowView(Output):
    """What became of a line."""

    row: int
    client_no: str
    outcome: Literal["proposed", "refused"]
    corporate_vip_id: UUID | None
    code: str | None
    pointer: str | None
    explanation: SentenceView | None


class ImportReport(Output):
    """The lines in their order."""

    validate_only: bool
    proposed: int
    refused: int
    rows: list[ImportedRowView]


@api.post(
    "/v1/corporate-vips",
    status_code=201,
    **operation(
        "proposeCorporateVip",
        allow=_LINE,
        en="Propose a client for the corporate list",
        zh="申报公司VIP客户",
        en_detail="A key corporate-finance client (BOC-S Art. 27). Another person of the corporate line decides.",
        zh_detail="公司金融重点客户（中行四川规范第二十七条），须由公司条线另一人核准。",
        audience=["branch"],
        example={"client_id": "019a9c7e-5b1a-7c3e-9a55-2f6c1d0b7e11", **_ROW},
    ),
)
async def propose(body: ProposeCorporateVip, call: Call) -> CorporateVipView:
    await files.require_visible(call.tx, body.client_id, scope=call.scope)
    entry = await propose_corporate_vip(call.tx, **body.model_dump(), by=call.principal, now=call.now)
    return await _answer(call, entry.id)


@api.post(
    "/v1/corporate-vip-imports",
    status_code=201,
    **operation(
        "importCorporateVips",
        allow=_LINE,
        en="Propose a whole list",
        zh="批量申报公司VIP名单",
        en_detail="Every line is answered for: proposed, or why not. Good lines are kept; each still needs its approval.",
        zh_detail="逐行返回结果：已申报或不予受理的原因；合格行即行申报，仍须逐户核准。",
        audience=["branch"],
        example={"rows": [{"client_no": "KH0000000001", **_ROW}], "validate_only": True},
    ),
)
async def import_list(body: ImportCorporateVips, call: Call) -> ImportReport:
    async def may_see(client_id: UUID) -> object:
        return await files.require_visible(call.tx, client_id, scope=call.scope)

    answers = await import_corporate_vips(
        call.tx,
        [Row(**row.model_dump()) for row in body.rows],
        validate_only=body.validate_only,
        may_see=may_see,
        by=call.principal,
        now=call.now,
    )
    refused = sum(answer.refusal is not None for answer in answers)
    return ImportReport(
        validate_only=body.validate_only,
        proposed=len(answers) - refused,
        refused=refused,
        rows=[_row(answer, kept=not body.validate_only) for answer in answers],
    )


@api.get(
    "/v1/corporate-vips",
    **operation(
        "listCorporateVips",
        allow=_READERS,
        en="List the corporate list",
        zh="查询公司VIP名单",
        audience=["branch"],
    ),
)
async def list_entries(
    call: Call,
    params: Page,
    status: Literal["proposed", "approved", "refused", "ended"] | None = None,
    client_id: UUID | None = None,
) -> PageOf[CorporateVipView]:
    key = params.after(UUID)
    found = await views.list_entries(
        call.tx,
        scope=call.scope,
        status=status,
        client_id=client_id,
        after=None if key is None else key[0],
        size=params.limit + 1,
    )
    kept, cursor = cut(found, params.limit, lambda entry: (entry["corporate_vip_id"],))
    return page([_view(entry) for entry in kept], cursor)


@api.get(
    "/v1/corporate-vips/{corporate_vip_id}",
    **operation(
        "readCorporateVip",
        allow=_READERS,
        en="Read an entry of the corporate list",
        zh="查看公司VIP名单条目",
        en_detail="With its grounds; each reading is audited.",
        zh_detail="含认定理由；每次查阅均留痕。",
        audience=["branch"],
    ),
)
async def read(corporate_vip_id: UUID, call: Call) -> CorporateVipFileView:
    entry = await views.read_entry(call.tx, corporate_vip_id, scope=call.scope)
    await audit.record(
        call.tx, act="corporate-vip.read", by=call.principal, object_type=KIND, object_id=corporate_vip_id,
        client_id=entry["client_id"], at=call.now,
    )  # fmt: skip
    return CorporateVipFileView(grounds=entry["grounds"], **_view(entry).model_dump())


@api.post(
    "/v1/corporate-vips/{corporate_vip_id}/approvals",
    status_code=201,
    **operation(
        "approveCorporateVip",
        allow=_DECIDERS,
        en="Approve an entry of the corporate list",
        zh="核准公司VIP客户",
        en_detail="Never by who proposed it. The service tier stands from the first day until the last.",
        zh_detail="申报人不得自行核准；有效期内客户服务层级为公司VIP。",
        audience=["branch"],
    ),
)
async def approve(corporate_vip_id: UUID, call: Call) -> CorporateVipView:
    await views.get_entry(call.tx, corporate_vip_id, scope=call.scope)
    await approve_corporate_vip(call.tx, corporate_vip_id, by=call.principal, now=call.now)
    return await _answer(call, corporate_vip_id)


@api.post(
    "/v1/corporate-vips/{corporate_vip_id}/refusals",
    status_code=201,
    **operation(
        "refuseCorporateVip",
        allow=_DECIDERS,
        en="Refuse an entry of the corporate list",
        zh="不予核准公司VIP客户",
        audience=["branch"],
        example={"reason": "evidence_missing"},
    ),
)
async def refuse(corporate_vip_id: UUID, body: RefuseCorporateVip, call: Call) -> CorporateVipView:
    await views.get_entry(call.tx, corporate_vip_id, scope=call.scope)
    await refuse_corporate_vip(call.tx, corporate_vip_id, reason=body.reason, by=call.principal, now=call.now)
    return await _answer(call, corporate_vip_id)


@api.post(
    "/v1/corporate-vips/{corporate_vip_id}/endings",
    status_code=201,
    **operation(
        "endCorporateVip",
        allow=_DECIDERS,
        en="Take a client off the corporate list",
        zh="移出公司VIP名单",
        en_detail="Before its time; the tier falls after the grace of the policy, at once where there is none.",
        zh_detail="提前终止；按政策规定的宽限期（无宽限期则即时）取消公司VIP层级。",
        audience=["branch"],
    ),
)
async def end(corporate_vip_id: UUID, call: Call) -> CorporateVipView:
    await views.get_entry(call.tx, corporate_vip_id, scope=call.scope)
    await end_corporate_vip(call.tx, corporate_vip_id, by=call.principal, now=call.now)
    return await _answer(call, corporate_vip_id)


async def _answer(call: CallContext, entry_id: UUID) -> CorporateVipView:
    return _view(await views.get_entry(call.tx, entry_id, scope=call.scope))


def _view(entry: dict[str, Any]) -> CorporateVipView:
    return CorporateVipView(**{name: entry[name] for name in CorporateVipView.model_fields})


def _row(answer: Answer, *, kept: bool) -> ImportedRowView:
    refusal = answer.refusal
    if refusal is None:
        return ImportedRowView(
            row=answer.row, client_no=answer.client_no, outcome="proposed", code=None, pointer=None, explanation=None,
            corporate_vip_id=answer.entry_id if kept else None,
        )  # fmt: skip
    # Wrong days are named by their field; every other refusal speaks of the line.
    first = refusal.errors[0] if isinstance(refusal, Invalid) else None
    said = refusal if first is None else first
    return ImportedRowView(
        row=answer.row,
        client_no=answer.client_no,
        outcome="refused",
        corporate_vip_id=None,
        code=refusal.code if first is None else first.code,
        pointer=None if first is None else f"/rows/{answer.row}{first.pointer}",
        explanation=SentenceView(zh=said.say(Language.ZH), en=said.say(Language.EN)),
    )
