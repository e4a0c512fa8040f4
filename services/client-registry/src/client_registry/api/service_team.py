"""Who serves a client, and who is served by nobody (CR-43, CR-44, XC-2)."""

from uuid import UUID

from chassis.bodies import Output, described
from chassis.call import Call
from chassis.clock import business_day
from chassis.operation_docs import operation
from chassis.pages import Page, PageOf, cut, page
from chassis.policy import allow
from chassis.routing import router
from chassis.texts import Text

from client_registry.api.hand_overs import HEADS
from client_registry.api.readers import FILE_READERS
from client_registry.domain.service_team import ARTICLE, Manned
from client_registry.views import clients as client_views
from client_registry.views import service_team as views

api = router()
_GAP = Text(en="Nobody holds this post now; the next layer serves the client.", zh="该层暂无在岗人员，由下一层负责。")


class Words(Output):
    """One sentence in both languages."""

    zh: str
    en: str


class ServerView(Output):
    """Somebody who serves the client now."""

    subject: str
    name: str
    work_phone: str | None
    role: str
    unit_id: UUID
    unit: Words
    stands_in_for: str | None = described(
        en="Whose post is delegated to this person at this moment", zh="当前受托代行其职责的人员"
    )


class TeamLayerView(Output):
    """One layer of the team."""

    layer: str
    name: Words
    why: Words
    requirement: str
    article: str
    gap: Words | None = described(en="Stated where nobody holds the post", zh="无人在岗时的说明")
    people: list[ServerView]


class ServiceTeamView(Output):
    """The layers, each backing up the one before."""

    client_id: UUID
    layers: list[TeamLayerView]


class UnmanagedClientView(Output):
    """A VIP client whom nobody at his post looks after."""

    client_id: UUID
    client_no: str
    service_tier: str
    card_level: str
    asset_band: str | None
    home_unit_id: UUID
    home_code: str
    former_manager: str | None = described(
        en="Named on the file, but no longer at a manager's post", zh="档案所载但已不在客户经理岗位的人员"
    )


@api.get(
    "/v1/clients/{client_id}/service-team",
    **operation(
        "getServiceTeam",
        allow=allow("client", *FILE_READERS),
        en="Who serves this client",
        zh="查看客户服务团队",
        en_detail="The manager and the layers behind him: head of the wealth centre, quality-client group, key-client "
        "section, client-service division. Holders as of now, delegations counted; a layer without anybody says so.",
        zh_detail="返回客户经理及其后备层级：理财中心负责人、支行优质客户服务组、分行要客服务科、总行客户服务处。"
        "按当前在岗及授权代理情况返回；无人在岗的层级予以说明。",
        audience=["front-end", "call-centre", "branch"],
    ),
)
async def get_service_team(client_id: UUID, call: Call) -> ServiceTeamView:
    file = await client_views.require_visible(call.tx, client_id, scope=call.scope)
    team = await views.team_of(
        call.tx,
        home_unit_id=file["home_unit_id"],
        manager=file["manager"],
        day=business_day(call.now),
        now=call.now,
    )
    return ServiceTeamView(client_id=client_id, layers=[_layer(manned) for manned in team])


@api.get(
    "/v1/clients-without-manager",
    **operation(
        "listClientsWithoutManager",
        allow=allow(*HEADS, "client_service_section", "head_office_personal_banking", "auditor"),
        en="List VIP clients without a manager",
        zh="查询无客户经理的 VIP 客户",
        en_detail="Nobody is named, or the person named holds no manager's post any more.",
        zh_detail="包括未指派客户经理，以及所载客户经理已不在岗的客户。",
        audience=["branch"],
    ),
)
async def list_clients_without_manager(call: Call, params: Page) -> PageOf[UnmanagedClientView]:
    key = params.after(UUID)
    rows = await views.list_without_manager(
        call.tx,
        scope=call.scope,
        day=business_day(call.now),
        after=None if key is None else key[0],
        size=params.limit + 1,
    )
    kept, cursor = cut(rows, params.limit, lambda row: (row["client_id"],))
    return page([UnmanagedClientView(**dict(row)) for row in kept], cursor)


def _layer(manned: Manned) -> TeamLayerView:
    layer = manned.layer
    return TeamLayerView(
        layer=layer.code,
        name=_words(layer.name),
        why=_words(layer.why),
        requirement=layer.requirement,
        article=ARTICLE,
        gap=_words(_GAP) if manned.is_gap else None,
        people=[
            ServerView(
                subject=person.subject,
                name=person.name,
                work_phone=person.work_phone,
                role=person.role,
                unit_id=person.unit_id,
                unit=_words(person.unit_name),
                stands_in_for=person.stands_in_for,
            )
            for person in manned.holders
        ],
    )


def _words(text: Text) -> Words:
    return Words(zh=text.zh, en=text.en)
