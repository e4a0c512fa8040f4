"""What the complaint service is made of."""

from pathlib import Path

from chassis.assembly import Service
from chassis.texts import Text

from complaint_service.api import routers
from complaint_service.consumers import hears
from complaint_service.jobs import sweeps
from complaint_service.settings import Settings
from complaint_service.tables import metadata

SERVICE = Service(
    name="complaint-service",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    routers=routers,
    hears=hears,
    sweeps=sweeps,
    title=Text(en="Complaint service", zh="投诉服务"),
    work_item_texts={
        "complaint.handle": Text(
            en="Take the case over, tell the client how things stand and deliver a handling opinion in time.",
            zh="请接手该投诉,及时向客户反馈进展,并按时送达处理意见。",
        ),
        "complaint.escalated.clock-breached": Text(
            en="A deadline of this case has passed without an answer; see to it.",
            zh="该投诉的处理时限已过,仍未完成,请督办。",
        ),
        "complaint.escalated.media": Text(
            en="Reporters are at the outlet; start the emergency plan.",
            zh="媒体到网点采访,请启动应急预案。",
        ),
        "complaint.confirm-closing": Text(
            en="The client has not complained again within the window; confirm the closing.",
            zh="客户在规定期限内未再投诉,请确认是否结案。",
        ),
    },
)
