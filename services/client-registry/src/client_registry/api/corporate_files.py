"""Companies' files and companies in layers (CR-49, CR-50)."""

from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.etags import require_match, set_etag
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.refusals import FieldError, Invalid
from chassis.routing import router
from chassis.texts import Text
from fastapi import Response
from pydantic import Field

from client_registry.api.clients import Purpose, path_of
from client_registry.domain.corporate_files import CorporateFile, CorporatePerson, Influence, Layer
from client_registry.domain.registration_form import Source
from client_registry.use_cases.keep_corporate_file import keep_corporate_file
from client_registry.views import clients as files
from client_registry.views import corporate_files as views
from client_registry.views import reference_data

api = router()
_WRITERS = allow("corporate_manager", "corporate_head", "outlet_head", "data_steward")
_READERS = allow(
    "corporate_manager", "corporate_head", "outlet_head", "outlet_deputy", "account_manager", "wealth_centre_head",
    "branch_personal_banking", "client_service_section", "data_steward", "auditor",
)  # fmt: skip
_NO_PURPOSE = Text(en="Unmasked data needs a purpose.", zh="查看未脱敏信息须说明用途。")
_EXAMPLE = {
    "investors": "外商独资", "business": "工业机器人研发与制造", "industry": "C", "region": "110115",
    "characteristics": ["high_technology", "foreign_trade"], "needs": ["financing"],
    "people": [{"role": "decision_maker", "name": "孙总", "position": "总经理", "phone": "13712345678"}],
    "source": "active_contact",
}  # fmt: skip


class CorporatePersonBody(Input):
    """Somebody who decides or has influence in the company."""

    role: Influence
    name: str = Field(min_length=1, max_length=120, pattern=r"\S")
    position: str | None = Field(default=None, max_length=120)
    phone: str | None = Field(default=None, max_length=32)


class KeepCorporateFile(Input):
    """The whole file; what is left out is empty. Codes: `GET /v1/reference-data/industry`, `region`,
    `corporate_characteristic`, `corporate_need`."""

    investors: str | None = described(en="Investor background", zh="投资方背景", default=None, max_length=2000)
    business: str | None = described(en="Business content", zh="经营内容", default=None, max_length=2000)
    industry: str | None = described(en="Section of GB/T 4754", zh="行业门类（GB/T 4754）", default=None, max_length=64)
    region: str | None = described(
        en="Division code of GB/T 2260", zh="行政区划代码（GB/T 2260）", default=None, pattern=r"^[0-9]{6}$"
    )
    characteristics: list[str] = Field(default_factory=list, max_length=20)
    needs: list[str] = Field(default_factory=list, max_length=20)
    people: list[CorporatePersonBody] = Field(default_factory=list, max_length=30)
    source: Source = described(en="Where this is known from", zh="信息来源")

    def file(self) -> CorporateFile:
        """The file as it was entered."""
        return CorporateFile(
            investors=self.investors, business=self.business, industry=self.industry, region=self.region,
            characteristics=tuple(self.characteristics), needs=tuple(self.needs), source=self.source,
            people=tuple(
                CorporatePerson(role=each.role, name=each.name.strip(), position=each.position, phone=each.phone)
                for each in self.people
            ),
        )  # fmt: skip


class CorporatePersonView(Output):
    """Somebody who decides or has influence."""

    role: str
    name: str
    position: str | None
    phone: str | None


class CorporateFileView(Output):
    """A company's file; investors and people masked unless `masked` is false."""

    client_id: UUID
    version: int
    investors: str | None
    business: str | None
    industry: str | None
    region: str | None
    characteristics: list[str]
    needs: list[str]
    people: list[CorporatePersonView]
    source: str | None
    collector: str | None
    collected_at: datetime | None
    masked: bool


class CorporateClientView(Output):
    """One company of a list."""

    client_id: UUID
    client_no: str
    name: str
    manager: str | None
    home_unit_id: UUID
    service_tier: str
    industry: str | None
    region: str | None
    characteristics: list[str]
    needs: list[str]


class CorporateLayerView(Output):
    """How many companies one code of a layer has; no code for those without one."""

    code: str | None
    text_zh: str | None
    text_en: str | None
    clients: int


class StatisticsView(Output):
    """Companies in layers."""

    by: Layer
    items: list[CorporateLayerView]


@api.get(
    "/v1/clients/{client_id}/corporate-file",
    **operation(
        "getCorporateFile",
        allow=_READERS,
        en="Read a company's file",
        zh="查看公司客户档案",
        en_detail="Investors and people masked; `unmasked=true` needs a `purpose` and leaves an audit row.",
        zh_detail="投资方背景及相关人员默认脱敏；unmasked=true 须说明 purpose 并留下审计记录。",
        audience=["front-end", "branch"],
    ),
)
async def get(
    client_id: UUID, call: Call, response: Response, unmasked: bool = False, purpose: Purpose | None = None
) -> CorporateFileView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    if unmasked:
        if purpose is None:
            raise Invalid([FieldError("/purpose", "purpose.missing", _NO_PURPOSE)])
        await audit.record(
            call.tx, act="corporate-file.revealed", by=call.principal, object_type="corporate-file",
            object_id=client_id, client_id=client_id, purpose=purpose, at=call.now,
        )  # fmt: skip
    return await _answer(call, client_id, response, masked=not unmasked)


@api.put(
    "/v1/clients/{client_id}/corporate-file",
    **operation(
        "keepCorporateFile",
        allow=_WRITERS,
        en="Write a company's file",
        zh="填写公司客户档案",
        en_detail="Needs If-Match with the ETag last read. Name and unified social credit code stand on the client's file.",
        zh_detail="须在 If-Match 中提供最近读取的 ETag。公司名称和统一社会信用代码见客户档案。",
        audience=["front-end", "branch"],
        if_match=True,
        example=_EXAMPLE,
    ),
)
async def put(client_id: UUID, body: KeepCorporateFile, call: Call, response: Response) -> CorporateFileView:
    await files.require_visible(call.tx, client_id, scope=call.scope)
    version = (await views.get_file(call.tx, client_id, masked=True)).version
    require_match(call.request, version)
    await keep_corporate_file(
        call.tx, client_id, body.file(), expected_version=version, by=call.principal, now=call.now
    )
    return await _answer(call, client_id, response, masked=True)


@api.get(
    "/v1/corporate-clients",
    **operation(
        "listCorporateClients",
        allow=_READERS,
        en="List companies",
        zh="查询公司客户列表",
        en_detail="In your scope, narrowed by unit, industry, region (a whole province ends in 0000), characteristic or need.",
        zh_detail="返回您权限范围内的公司客户，可按机构、行业、地区（省级代码以0000结尾）、特点、需求筛选。",
        audience=["front-end", "branch"],
    ),
)
async def list_(
    call: Call, paging: Page, unit_id: UUID | None = None, industry: str | None = None, region: str | None = None,
    characteristic: str | None = None, need: str | None = None,
) -> PageOf[CorporateClientView]:  # fmt: skip
    wanted = views.Wanted(
        unit_path=await path_of(call, unit_id), industry=industry, region=region, characteristic=characteristic,
        need=need,
    )  # fmt: skip
    key = paging.after(UUID)
    found = await views.list_companies(
        call.tx, wanted, scope=call.scope, after=None if key is None else key[0], size=paging.limit + 1
    )
    kept, cursor = cut(found, paging.limit, lambda each: (each.client_id,))
    return page([CorporateClientView.model_validate(each) for each in kept], cursor)


@api.get(
    "/v1/corporate-client-statistics",
    **operation(
        "countCorporateClients",
        allow=_READERS,
        en="Companies in layers",
        zh="公司客户分层统计",
        en_detail="How many companies in your scope by industry, region (province), characteristic, need or outlet; narrowed "
        "like the list.",
        zh_detail="按行业、地区（省级）、特点、需求或机构统计您权限范围内的公司客户数，筛选条件同列表。",
        audience=["front-end", "branch"],
    ),
)
async def count(
    call: Call, by: Layer, unit_id: UUID | None = None, industry: str | None = None, region: str | None = None,
    characteristic: str | None = None, need: str | None = None,
) -> StatisticsView:  # fmt: skip
    wanted = views.Wanted(
        unit_path=await path_of(call, unit_id), industry=industry, region=region, characteristic=characteristic,
        need=need,
    )  # fmt: skip
    counted = await views.statistics(call.tx, wanted, by=by, scope=call.scope)
    sets = {each.code: each for each in await reference_data.list_sets(call.tx)}
    name = {Layer.CHARACTERISTIC: "corporate_characteristic", Layer.NEED: "corporate_need"}.get(by, by.value)
    items = []
    for code, clients in counted:
        words = sets[name].text_of(code) if code is not None and name in sets else None
        items.append(
            CorporateLayerView(
                code=code, text_zh=words.zh if words else None, text_en=words.en if words else None, clients=clients
            )
        )
    return StatisticsView(by=by, items=items)


async def _answer(call: CallContext, client_id: UUID, response: Response, *, masked: bool) -> CorporateFileView:
    file = await views.get_file(call.tx, client_id, masked=masked)
    set_etag(response, file.version, "masked" if masked else "open", call.language)
    return CorporateFileView.model_validate(file)
