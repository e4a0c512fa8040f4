"""What is sent and answered about client files."""

from datetime import date
from typing import Literal
from uuid import UUID

from chassis.bodies import Input, Output, described
from pydantic import Field

from client_registry.domain.contact_ways import Way
from client_registry.domain.identity_documents import IdentityType
from client_registry.views.clients import ClientFile

Interval = Literal["monthly", "quarterly", "half_yearly", "yearly", "any_time"]


class IdentityBody(Input):
    """An identity document (CR-55)."""

    type: IdentityType
    number: str = Field(min_length=4, max_length=32)


class ContactBody(Input):
    """One contact way; the list's order is the client's order of preference (CR-57, CR-58)."""

    way: Way
    value: str = Field(min_length=3, max_length=254)


class ConsentBody(Input):
    """What the client allows (CR-66 to CR-68), under which privacy notice (CR-74)."""

    marketing: bool = described(en="Accepts marketing mail and material", zh="是否接受营销邮件及资料")
    events: bool = described(en="Willing to attend client events", zh="是否愿意参加客户联谊活动")
    wished_interval: Interval | None = described(en="Wished contact interval", zh="希望的联系频率", default=None)
    notice_version: str | None = Field(default=None, max_length=32)


class ChangeConsents(ConsentBody):
    """What the client allows from now on, and how he said it."""

    way: Literal["outlet", "phone", "app", "web", "visit"] = described(
        en="How the client said it", zh="客户表达方式", default="outlet"
    )


class RegisterClient(Input):
    """The registration form (CCB Annex 2)."""

    name: str = Field(min_length=1, max_length=120, pattern=r"\S")
    identity: IdentityBody
    sex: Literal["female", "male"] | None = None
    birth_on: date | None = None
    contacts: list[ContactBody] = Field(default_factory=list, max_length=5)
    confirm_identity_number: str | None = described(
        en="The identity number entered again", zh="再次录入的证件号码", default=None, max_length=32
    )
    confirm_mobile: str | None = described(
        en="The mobile number entered again", zh="再次录入的手机号码", default=None, max_length=254
    )
    consents: ConsentBody
    home_unit_id: UUID
    serving_unit_ids: list[UUID] = Field(default_factory=list, max_length=20)
    manager: str | None = Field(default=None, pattern=r"^staff:[A-Za-z0-9_-]{1,32}$")
    client_since_on: date | None = described(en="Client of the bank since", zh="成为本行客户日期", default=None)


class MoveClient(Input):
    """Where the file is kept and who serves the client."""

    home_unit_id: UUID
    serving_unit_ids: list[UUID] = Field(default_factory=list, max_length=20)


class AssignManager(Input):
    """The client's new manager."""

    manager: str = Field(pattern=r"^staff:[A-Za-z0-9_-]{1,32}$")


class RegisteredView(Output):
    """The new file."""

    client_id: UUID
    client_no: str


class VersionView(Output):
    """The file's version after a change."""

    client_id: UUID
    version: int


class ContactView(Output):
    """One contact way in the client's order."""

    way: str
    value: str
    priority: int


class HomeUnitView(Output):
    """The unit that keeps the file (CR-39)."""

    id: UUID
    code: str
    name_zh: str
    name_en: str


class ClientView(Output):
    """A client file; names, numbers and contact ways are masked unless `masked` is false."""

    client_id: UUID
    client_no: str
    kind: str
    name: str
    identity_type: str | None
    identity_number: str | None
    sex: str | None
    birth_on: date | None
    contacts: list[ContactView]
    home_unit: HomeUnitView
    serving_unit_ids: list[UUID]
    manager: str | None
    service_tier: str
    card_level: str
    asset_band: str | None
    asset_lower_bound: bool
    card_number: str | None
    synthetic: bool
    registered_on: date
    merged_into: UUID | None = described(en="The file this one was merged into", zh="已并入的档案", default=None)
    died_on: date | None = None
    potential: bool = described(en="A client to be developed (CR-24)", zh="潜力客户", default=False)
    ended_on: date | None = described(
        en="The last day of the relationship: the file is only read", zh="关系终止日，档案仅供查阅", default=None
    )
    version: int
    masked: bool


class ConsentView(Output):
    """What the client allows; `recorded` is false where nobody has asked yet."""

    recorded: bool
    marketing: bool
    events: bool
    wished_interval: str | None
    notice_version: str | None
    channels: list[str]
    version: int


def client_view(file: ClientFile) -> ClientView:
    """A file as it is answered."""
    return ClientView(
        client_id=file.id,
        client_no=file.client_no,
        kind=file.kind,
        name=file.name,
        identity_type=file.identity_type,
        identity_number=file.identity_number,
        sex=file.sex,
        birth_on=file.birth_on,
        contacts=[ContactView.model_validate(contact) for contact in file.contacts],
        home_unit=HomeUnitView(
            id=file.home_unit_id, code=file.home_code, name_zh=file.home_name_zh, name_en=file.home_name_en
        ),
        serving_unit_ids=file.serving_unit_ids,
        manager=file.manager,
        service_tier=file.service_tier,
        card_level=file.card_level,
        asset_band=file.asset_band,
        asset_lower_bound=file.asset_lower_bound,
        card_number=file.card_number,
        synthetic=file.synthetic,
        registered_on=file.registered_on,
        merged_into=file.merged_into,
        died_on=file.died_on,
        potential=file.potential,
        ended_on=file.ended_on,
        version=file.version,
        masked=file.masked,
    )
