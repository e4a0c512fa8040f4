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
        "contact.missed": Text(
            en="The planned contact is overdue: get in touch with the client.", zh="计划联系已逾期,请尽快联系客户。"
        )
    },
)
