"""Number segments and stock receipts."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call
from chassis.db import Record
from chassis.ids import new_id
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import Query

from card_service.api.roles import ALLOT, KEEPER, READ_STOCK, SIGNATORIES, SUPERVISOR
from card_service.domain.levels import CardLevel
from card_service.domain.numbers import CardNumber, Run
from card_service.use_cases.allot_segment import allot_segment
from card_service.use_cases.confirm_receipt import confirm_receipt
from card_service.use_cases.propose_receipt import propose_receipt
from card_service.use_cases.withdraw_receipt import withdraw_receipt
from card_service.views import numbers

api = router()

Level = Literal["branch", "head_office"]
PaperStatus = Literal["pending", "confirmed", "expired", "withdrawn"]
_RUN_OR_COUNT = Text(en="Give first and last, or a count, not both.", zh="请填写起止顺序号，或填写数量，二者择一。")


class _Wanted(Input):
    """Which numbers: from first to last, or so many."""

    first: int | None = described(en="First sequence of the run", zh="起始顺序号", ge=1, le=99_999, default=None)
    last: int | None = described(en="Last sequence of the run", zh="截止顺序号", ge=1, le=99_999, default=None)
    count: int | None = described(
        en="So many numbers, the lowest free run", zh="数量，取最小空闲号段", ge=1, le=99_999, default=None
    )

    def check(self, *, open_end: bool) -> Self:
        """Raises `Invalid` for a half-named run or both ways at once; `open_end` allows neither."""
        runs = [self.first, self.last].count(None)
        if runs == 1 or (runs == 0 and self.count is not None) or (runs == 2 and self.count is None and not open_end):
            raise Invalid([FieldError("/first", "numbers.run-or-count", _RUN_OR_COUNT)])
        return self

    def run(self) -> Run | None:
        """The run named, if one is."""
        return None if self.first is None or self.last is None else Run(first=self.first, last=self.last)


class AllotSegment(_Wanted):
    """A run of numbers for a unit."""

    unit_id: UUID = described(en="The unit that will receive and issue these cards", zh="号段分配机构")
    level: Level = described(en="Card level", zh="卡级别")


class SegmentView(Output):
    """A segment and how many of its numbers have not come in yet."""

    id: UUID
    branch_code: str = described(en="Letters of the first-level branch", zh="一级分行字母代码")
    level: Level
    first_number: str
    last_number: str
    unit_id: UUID
    allotted_at: datetime
    not_received: int = described(en="Numbers not yet received into stock", zh="尚未入库的号码数")


class ProposeReceipt(_Wanted):
    """Finished cards that have come: a run, a count, or the whole segment where neither is given."""

    unit_id: UUID = described(en="The unit whose stock takes them in", zh="入库机构")
    segment_id: UUID = described(en="The segment their numbers belong to", zh="所属号段")


class ReceiptView(Output):
    """A receipt and its two signatures."""

    id: UUID
    unit_id: UUID
    segment_id: UUID
    level: Level
    first_number: str
    last_number: str
    cards: int
    status: PaperStatus
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime = described(en="Until then the second signature must be given", zh="复核签字截止时间")
    countersigned_by: str | None
    countersigned_at: datetime | None


_SEGMENT_EXAMPLE = {"unit_id": "019a9c7e-0000-7000-8000-0000000000b1", "level": "head_office", "count": 500}
_RECEIPT_EXAMPLE = {
    "unit_id": "019a9c7e-0000-7000-8000-0000000000b1",
    "segment_id": "019a9c7e-0000-7000-8000-0000000000c1",
    "count": 100,
}


@api.post(
    "/v1/number-segments",
    status_code=201,
    **operation(
        "allotNumberSegment",
        allow=ALLOT,
        en="Allot a number segment to a unit",
        zh="向机构分配号段",
        en_detail="Numbers of one first-level branch and level; no number is allotted twice (CS-16 to CS-20).",
        zh_detail="按一级分行与卡级别分配号段，号码不得重复分配（CS-16 至 CS-20）。",
        audience=["branch", "ops"],
        example=_SEGMENT_EXAMPLE,
    ),
)
async def allot(body: AllotSegment, call: Call) -> SegmentView:
    body.check(open_end=False)
    await numbers.require_unit(call.tx, body.unit_id, scope=call.scope)
    segment = await allot_segment(
        call.tx,
        new_id(),
        unit_id=body.unit_id,
        level=CardLevel(body.level),
        run=body.run(),
        count=body.count,
        by=call.principal,
        now=call.now,
    )
    return SegmentView(
        id=segment.id,
        branch_code=segment.branch_code,
        level=body.level,
        first_number=_number(segment.branch_code, body.level, segment.run.first),
        last_number=_number(segment.branch_code, body.level, segment.run.last),
        unit_id=segment.unit_id,
        allotted_at=call.now,
        not_received=len(segment.run),
    )


@api.get(
    "/v1/number-segments",
    **operation(
        "listNumberSegments",
        allow=READ_STOCK | ALLOT,
        en="List number segments",
        zh="查询号段",
        en_detail="With the count of numbers not yet received, so that exhaustion is seen in time (CS-20).",
        zh_detail="含尚未入库号码数，便于提前发现号码用尽（CS-20）。",
        audience=["branch", "ops"],
    ),
)
async def list_segments(call: Call, paging: Page) -> PageOf[SegmentView]:
    after = paging.after(UUID)
    rows = await numbers.list_segments(
        call.tx, scope=call.scope, after=after[0] if after else None, limit=paging.limit + 1
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    return page([_segment(row) for row in kept], cursor)


@api.post(
    "/v1/stock-receipts",
    status_code=201,
    **operation(
        "proposeStockReceipt",
        allow=KEEPER,
        en="Propose that cards come into stock",
        zh="申请成品卡入库",
        en_detail="The keeper's signature; at most 10,000 cards. Held three days for the supervisor's (CS-12 to CS-14).",
        zh_detail="库管员签字，一次最多一万张；三日内须由业务主管复核签字（CS-12 至 CS-14）。",
        audience=["branch"],
        example=_RECEIPT_EXAMPLE,
    ),
)
async def propose(body: ProposeReceipt, call: Call) -> ReceiptView:
    body.check(open_end=True)
    await numbers.require_unit(call.tx, body.unit_id, scope=call.scope)
    await numbers.require_segment(call.tx, body.segment_id, scope=call.scope)
    receipt = await propose_receipt(
        call.tx,
        new_id(),
        unit_id=body.unit_id,
        segment_id=body.segment_id,
        first=body.first,
        last=body.last,
        count=body.count,
        by=call.principal,
        now=call.now,
    )
    return _receipt(await numbers.get_receipt(call.tx, receipt.id, scope=call.scope))


@api.get(
    "/v1/stock-receipts",
    **operation(
        "listStockReceipts", allow=READ_STOCK, en="List stock receipts", zh="查询入库单", audience=["branch", "ops"]
    ),
)
async def list_receipts(
    call: Call, paging: Page, status: Annotated[PaperStatus | None, Query()] = None
) -> PageOf[ReceiptView]:
    after = paging.after(UUID)
    rows = await numbers.list_receipts(
        call.tx, scope=call.scope, status=status, after=after[0] if after else None, limit=paging.limit + 1
    )
    kept, cursor = cut(rows, paging.limit, lambda row: (row["id"],))
    return page([_receipt(row) for row in kept], cursor)


@api.post(
    "/v1/stock-receipts/{receipt_id}/countersignatures",
    status_code=201,
    **operation(
        "countersignStockReceipt",
        allow=SUPERVISOR,
        en="Countersign a stock receipt",
        zh="复核入库单",
        en_detail="The second signature, another person's; everything is checked again, and whoever waits is served.",
        zh_detail="须由另一人签字；系统重新校验，入库后立即为等待中的客户预留。",
        audience=["branch"],
    ),
)
async def countersign(receipt_id: UUID, call: Call) -> ReceiptView:
    await numbers.get_receipt(call.tx, receipt_id, scope=call.scope)
    await confirm_receipt(call.tx, receipt_id, by=call.principal, now=call.now)
    return _receipt(await numbers.get_receipt(call.tx, receipt_id, scope=call.scope))


@api.post(
    "/v1/stock-receipts/{receipt_id}/withdrawals",
    status_code=201,
    **operation(
        "withdrawStockReceipt",
        allow=SIGNATORIES,
        en="Withdraw a stock receipt",
        zh="撤回入库单",
        audience=["branch"],
    ),
)
async def withdraw(receipt_id: UUID, call: Call) -> ReceiptView:
    await numbers.get_receipt(call.tx, receipt_id, scope=call.scope)
    await withdraw_receipt(call.tx, receipt_id, by=call.principal, now=call.now)
    return _receipt(await numbers.get_receipt(call.tx, receipt_id, scope=call.scope))


def _number(branch_code: str, level: str, sequence: int) -> str:
    return str(CardNumber(branch_code=branch_code, level=CardLevel(level), sequence=sequence))


def _segment(row: Record) -> SegmentView:
    return SegmentView(
        id=row["id"],
        branch_code=row["branch_code"],
        level=row["level"],
        first_number=_number(row["branch_code"], row["level"], row["first_sequence"]),
        last_number=_number(row["branch_code"], row["level"], row["last_sequence"]),
        unit_id=row["unit_id"],
        allotted_at=row["allotted_at"],
        not_received=row["not_received"],
    )


def _receipt(row: Record) -> ReceiptView:
    return ReceiptView(
        id=row["id"],
        unit_id=row["unit_id"],
        segment_id=row["segment_id"],
        level=row["level"],
        first_number=_number(row["branch_code"], row["level"], row["first_sequence"]),
        last_number=_number(row["branch_code"], row["level"], row["last_sequence"]),
        cards=row["last_sequence"] - row["first_sequence"] + 1,
        status=row["status"],
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        expires_at=row["expires_at"],
        countersigned_by=row["countersigned_by"],
        countersigned_at=row["countersigned_at"],
    )
