"""Recognising a client, nationwide: look up, then confirm by a factor (CR-26, CR-97, XC-12)."""

from typing import Self
from uuid import UUID

from chassis.bodies import Input, Output, described
from chassis.call import Call, CallContext
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from chassis.validation_texts import field_refusal
from pydantic import Field, model_validator

from client_registry.api.client_bodies import HomeUnitView
from client_registry.api.readers import RECOGNISERS
from client_registry.domain.recognition import FactorFailed, LookupWay, RecognitionLocked
from client_registry.use_cases.confirm_client import confirm_client
from client_registry.use_cases.look_up_client import look_up_client
from client_registry.use_cases.record_failed_factor import record_failed_factor
from client_registry.views import recognition as views

api = router()
_NATIONWIDE = allow(*RECOGNISERS, nationwide=True)


class LookUp(Input):
    """Exactly one of the four values, and why it is asked."""

    phone: str | None = Field(default=None, min_length=5, max_length=32)
    name: str | None = Field(default=None, min_length=1, max_length=120, pattern=r"\S")
    card_number: str | None = Field(default=None, min_length=6, max_length=32)
    identity_number: str | None = Field(default=None, min_length=4, max_length=32)
    purpose: str = described(
        en="Why the client is looked up; it is logged", zh="查询用途（留痕）", default="recognition",
        pattern=r"^[a-z][a-z_]{2,40}$",
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        if len(self._given()) != 1:
            raise field_refusal(
                "lookup.one-of",
                en="Give exactly one of phone, name, card_number, identity_number.",
                zh="phone、name、card_number、identity_number 须且只能填写一项。",
            )
        return self

    def asked(self) -> tuple[LookupWay, str]:
        """What was asked for."""
        return self._given()[0]

    def _given(self) -> list[tuple[LookupWay, str]]:
        values = [(way, getattr(self, way.value)) for way in LookupWay]
        return [(way, value) for way, value in values if value is not None]


class Confirm(Input):
    """The last four of the identity number, or the registered phone that was just called back."""

    identity_last4: str | None = Field(default=None, pattern=r"^[0-9A-Za-z]{4}$")
    called_back: bool = described(en="The bank called this phone back", zh="已回拨该号码核实", default=False)
    phone: str | None = Field(default=None, min_length=5, max_length=32)

    @model_validator(mode="after")
    def _one_factor(self) -> Self:
        by_phone = self.called_back and self.phone is not None
        if by_phone == (self.identity_last4 is not None) or (self.phone is not None and not self.called_back):
            raise field_refusal(
                "lookup.one-factor",
                en="Give identity_last4, or phone with called_back true: one of the two.",
                zh="须填写 identity_last4，或填写 phone 并将 called_back 设为 true，二者择一。",
            )
        return self


class ManagerView(Output):
    """The client's manager and how to reach him at work."""

    subject: str
    name: str | None
    work_phone: str | None


class RecognitionView(Output):
    """The masked recognition card: surname, tier, home unit, manager."""

    client_id: UUID
    name: str
    service_tier: str
    card_level: str
    card_number: str | None
    home_unit: HomeUnitView
    manager: ManagerView | None


class LookupView(Output):
    """What a look-up tells: how many files fit, the highest tier for queue priority; the card only in one step."""

    lookup_id: UUID
    matched: str
    highest_tier: str | None
    client: RecognitionView | None


@api.post(
    "/v1/client-lookups",
    status_code=201,
    **operation(
        "lookUpClient",
        allow=_NATIONWIDE,
        en="Look up a client",
        zh="识别客户",
        en_detail="A phone or a name tells only how many files fit and the highest tier; a card or identity number shows "
        "the masked recognition card at once.",
        zh_detail="按电话或姓名查询仅返回匹配数与最高层级；按卡号或证件号码查询直接返回脱敏识别卡。",
        audience=["call-centre", "branch"],
        idempotent=False,
        example={"phone": "13812345678", "purpose": "recognition"},
    ),
)
async def look_up(body: LookUp, call: Call) -> LookupView:
    way, value = body.asked()
    found = await look_up_client(call.tx, way=way, value=value, purpose=body.purpose, by=call.principal, now=call.now)
    return LookupView(
        lookup_id=found.lookup_id,
        matched=found.matched.value,
        highest_tier=await views.highest_tier(call.tx, found.client_ids),
        client=None if found.confirmed is None else await _card(call, found.confirmed),
    )


@api.post(
    "/v1/client-lookups/{lookup_id}/confirmations",
    status_code=201,
    **operation(
        "confirmClient",
        allow=_NATIONWIDE,
        en="Confirm who it is",
        zh="核实客户身份",
        en_detail="Five wrong answers of one person on one value lock that look-up for 15 minutes.",
        zh_detail="同一人员对同一信息核对错误五次，锁定 15 分钟。",
        audience=["call-centre", "branch"],
        idempotent=False,
        example={"identity_last4": "0010"},
    ),
)
async def confirm(lookup_id: UUID, body: Confirm, call: Call) -> RecognitionView:
    client_id = await confirm_client(
        call.tx, lookup_id, identity_last4=body.identity_last4, phone=body.phone, by=call.principal, now=call.now
    )
    if client_id is None:
        # The refusal undoes this request; the wrong answer must be remembered all the same.
        async with call.app.database.transaction() as kept:
            failures = await record_failed_factor(kept, lookup_id, by=call.principal, now=call.now)
        if failures.is_locked(call.now):
            raise RecognitionLocked()
        raise FactorFailed(left=failures.left)
    return await _card(call, client_id)


async def _card(call: CallContext, client_id: UUID) -> RecognitionView:
    card = await views.recognition_card(call.tx, client_id)
    manager = (
        None
        if card.manager is None
        else ManagerView(subject=card.manager, name=card.manager_name, work_phone=card.manager_work_phone)
    )
    return RecognitionView(
        client_id=card.client_id,
        name=card.name,
        service_tier=card.service_tier,
        card_level=card.card_level,
        card_number=card.card_number,
        home_unit=HomeUnitView(
            id=card.home_unit_id, code=card.home_code, name_zh=card.home_name_zh, name_en=card.home_name_en
        ),
        manager=manager,
    )
