"""What the engagement service is made of."""

from pathlib import Path

from chassis.assembly import Service
from chassis.overdue import Escalation
from chassis.texts import Text

from engagement_service.api import routers
from engagement_service.consumers import hears
from engagement_service.jobs import sweeps
from engagement_service.settings import Settings
from engagement_service.tables import metadata

SERVICE = Service(
    name="engagement-service",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    routers=routers,
    hears=hears,
    sweeps=sweeps,
    title=Text(en="Engagement", zh="客户维护"),
    escalation=Escalation(people_to="wealth_centre_head", above="client_service_section"),
    work_item_texts={
        "contact.after-away-service": Text(
            en="Another unit served this client; get in touch and ask how it went (CR-99).",
            zh="该客户在异地机构接受了服务，请联系客户了解情况（CR-99）。",
        ),
        "contact.missed": Text(
            en="The planned contact is overdue: get in touch with the client.", zh="计划联系已逾期,请尽快联系客户。"
        ),
        "standing.shortfall": Text(
            en="This client's level will come down: talk with the client about what is missing before that day.",
            zh="该客户等级即将下调，请在到期日前与客户沟通差额及改善方案。",
        ),
        "risk.remind": Text(
            en="A payment of this client is late or a risk was reported: remind the client at once.",
            zh="该客户出现还款逾期或风险事件,请立即提醒客户。",
        ),
    },
)
