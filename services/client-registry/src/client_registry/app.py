"""What the client registry is made of."""

from pathlib import Path

from chassis.assembly import Service
from chassis.overdue import Escalation
from chassis.texts import Text

from client_registry.api import routers
from client_registry.consumers import hears
from client_registry.jobs import operations, sweeps
from client_registry.jobs.commands import COMMANDS
from client_registry.settings import Settings
from client_registry.tables import metadata

SERVICE = Service(
    name="client-registry",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    routers=routers,
    hears=hears,
    sweeps=sweeps,
    operations=operations,
    commands=COMMANDS,
    title=Text(en="Client registry", zh="客户登记服务"),
    escalation=Escalation(people_to="wealth_centre_head", above="client_service_section"),
    work_item_texts={
        "qualification.contact": Text(
            en="This client meets the VIP standard; contact the client and offer the membership.",
            zh="该客户已符合 VIP 标准，请主动联系客户，介绍并征询其入会意愿。",
        ),
        "manager.hand-over-answer": Text(
            en="A client is offered to you; accept or decline the hand-over.",
            zh="有客户拟移交给您，请接收或说明不予接收的原因。",
        ),
        "manager.hand-over-unanswered": Text(
            en="A client's hand-over was not answered in time; decide who looks after the client.",
            zh="客户移交逾期未接收，请确定该客户的客户经理。",
        ),
        "manager.missing": Text(
            en="This client has no manager at his post; assign one.",
            zh="该客户无在岗客户经理，请及时指派。",
        ),
        "post-hand-over.sign": Text(
            en="Clients came over to you; check the list and sign the hand-over record.",
            zh="有客户移交给您，请核对交接清单并签署交接记录。",
        ),
    },
)
