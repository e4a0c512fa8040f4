"""What the card service is made of."""

from pathlib import Path

from chassis.assembly import Service
from chassis.overdue import Escalation
from chassis.texts import Text

from card_service.api import routers
from card_service.consumers import hears
from card_service.jobs import sweeps
from card_service.settings import Settings
from card_service.tables import metadata

SERVICE = Service(
    name="card-service",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    routers=routers,
    hears=hears,
    sweeps=sweeps,
    title=Text(en="Card service", zh="卡片服务"),
    escalation=Escalation(people_to="card_supervisor", above="branch_personal_banking"),
    work_item_texts={
        "card.restock": Text(
            en="The stock of blank cards is low or clients wait for one; order cards or take some in.",
            zh="空白卡库存不足，或有客户等待发卡，请及时订购或入库。",
        )
    },
)
