"""What callers send and are answered."""

from datetime import datetime
from uuid import UUID

from chassis.bodies import Input, Output, described

from complaint_service.domain.vocabulary import (
    Channel,
    ClosedBecause,
    ComplaintType,
    DeliveryWay,
    Kind,
    Outcome,
    ServiceTier,
    Status,
)

STAFF = r"^staff:[A-Za-z0-9-]{1,32}$"


class OpenComplaint(Input):
    """What is taken down when a client comes with something."""

    kind: Kind = described(en="Complaint, enquiry or suggestion", zh="投诉、咨询或建议")
    complaint_type: ComplaintType | None = described(
        en="What a complaint is about; none for an enquiry or a suggestion", zh="投诉类型,咨询和建议不填", default=None
    )
    channel: Channel = described(en="The way it reached us", zh="受理渠道")
    client_id: UUID | None = described(
        en="The client, where known; a client who writes himself leaves it out",
        zh="客户编号(已识别时);客户本人提交时不填",
        default=None,
    )
    about_unit_id: UUID | None = described(en="The outlet it is about", zh="所涉网点", default=None)
    subject: str = described(en="In one line", zh="标题", min_length=1, max_length=200)
    text: str = described(en="In the client's own words", zh="详细内容", min_length=1, max_length=8000)
    first_receiver: str | None = described(
        en="The employee whom the client addressed first, where it was another (staff:…)",
        zh="首问责任人(非受理人本人时填写,staff:…)",
        pattern=STAFF,
        default=None,
    )


class Told(Input):
    """What the client was told about the progress."""

    text: str = described(en="What the client was told", zh="告知客户的内容", min_length=1, max_length=4000)


class GiveAnswer(Input):
    """The handling opinion, once the client has it."""

    outcome: Outcome = described(en="What the opinion says", zh="处理结论")
    opinion: str = described(en="The handling opinion", zh="处理意见", min_length=1, max_length=8000)
    delivered_at: datetime = described(
        en="When the client received it; the quiet window runs from here", zh="客户收到处理意见的时间"
    )
    delivery_way: DeliveryWay = described(en="How it was delivered", zh="送达方式")


class Close(Input):
    """Why a case is closed."""

    because: ClosedBecause = described(en="Silence, acceptance or withdrawal", zh="未再投诉、客户认可或撤回")


class ComplainAgain(Input):
    """Why the client is still dissatisfied."""

    text: str = described(en="In the client's own words", zh="客户再次投诉的内容", min_length=1, max_length=8000)


class ClockView(Output):
    """One named clock."""

    code: str
    purpose: str
    round: int
    due_at: datetime | None = described(en="Null while it waits for a working calendar", zh="尚无工作日历时为空")
    provisional: bool = described(
        en="Counted in a year without official notice, or not counted yet", zh="所涉年份尚无正式放假通知,为暂定"
    )
    met_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None


class CaseLine(Output):
    """A case in a list."""

    case_id: UUID
    case_no: str
    kind: Kind
    complaint_type: ComplaintType | None
    channel: Channel
    client_id: UUID | None
    tier_snapshot: ServiceTier | None = described(en="The client's tier at intake", zh="受理时客户层级")
    status: Status
    round: int
    role: str
    unit_id: UUID | None
    handler: str | None
    answer_due_at: datetime | None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    version: int


class WordsView(Output):
    """Words of the client or about the case."""

    round: int
    part: str
    text: str
    written_by: str
    written_at: datetime


class CaseView(CaseLine):
    """A case with its present round and its clocks."""

    first_receiver: str | None
    duty_holder: str | None = described(
        en="Who answers to the client until the handler has taken the case over", zh="交接确认前的首问责任人"
    )
    acknowledged_at: datetime | None
    outcome: Outcome | None
    delivery_way: DeliveryWay | None
    opinion_delivered_at: datetime | None
    quiet_until: datetime | None = described(
        en="Until then the client may complain again", zh="客户可再次投诉的截止时间"
    )
    closing_proposed_at: datetime | None
    closed_because: ClosedBecause | None
    clocks: list[ClockView]


class CaseWithWords(CaseView):
    """A case; its words only for the handler, the officers in charge and the opener, with a purpose."""

    words: list[WordsView] | None
    words_withheld: str | None = described(
        en="Why there are no words: not-entitled or purpose-missing", zh="未显示内容的原因:无权查看或未说明用途"
    )


class OpenCase(Output):
    """An open case as the recognition card shows it: no words."""

    case_id: UUID
    case_no: str
    kind: Kind
    complaint_type: ComplaintType | None
    status: Status
    answer_due_at: datetime | None
    opened_at: datetime


class OpenCases(Output):
    """A client's open cases, the newest first."""

    items: list[OpenCase]
    next_cursor: str | None = None


class Bilingual(Output):
    """A sentence in both languages."""

    en: str
    zh: str


class RuleView(Output):
    """One row of the routing table."""

    code: str
    priority: int
    requirement: str
    article: str
    text: Bilingual


class RoutingView(Output):
    """One routing decision with all it looked at."""

    round: int
    decided_at: datetime
    cause: str
    cause_id: UUID | None
    policy_version: int
    inputs: dict[str, str | int | None]
    rule: RuleView
    losing_rules: list[RuleView]
    served_by: str | None
    role: str
    unit_id: UUID | None
    handler: str | None
    climbed_unit_ids: list[UUID]
    excluded: list[str]
    found: Bilingual


class EndView(Output):
    """One of the spans of a clock and the instant it ends."""

    unit: str
    count: int
    at: datetime | None
    calendar_version: int | None
    provisional: bool


class ClockExplained(Output):
    """One clock: rule, inputs, versions and what became of it."""

    code: str
    purpose: str
    round: int
    sequence: int
    requirement: str
    article: str
    text: Bilingual
    policy_version: int
    calendar_version: int | None
    started_at: datetime
    ends: list[EndView]
    due_at: datetime | None
    provisional: bool
    met_at: datetime | None
    met_in_time: bool | None
    stopped_at: datetime | None
    breached_at: datetime | None


class StepView(Output):
    """Something that was done with the case."""

    step: str
    by: str
    at: datetime
    detail: dict[str, object]


class Explanation(Output):
    """Why the case is where it is and due when it is."""

    case_id: UUID
    case_no: str
    routings: list[RoutingView]
    clocks: list[ClockExplained]
    steps: list[StepView]


class Word(Output):
    """A code and its name in both languages."""

    code: str
    en: str
    zh: str


class Words(Output):
    """What may be chosen at intake and in handling."""

    kinds: list[Word]
    channels: list[Word]
    complaint_types: list[Word]
    tiers: list[Word]
    statuses: list[Word]
    outcomes: list[Word]
    delivery_ways: list[Word]
    closed_because: list[Word]
