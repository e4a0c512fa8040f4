"""What the client registry is made of."""

from pathlib import Path

from chassis.assembly import Service
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
    work_item_texts={
        "clients.identity-changed": Text(
            en="Your client's name or identity document was changed; take note and tell who works with it.",
            zh="您的客户姓名或证件已变更，请知悉并通知相关人员。",
        ),
        "clients.document-known": Text(
            en="Somebody elsewhere tried to register this client's identity document; find out why.",
            zh="有人在其他机构尝试以该客户的证件登记新档案，请核实原因。",
        ),
        "qualification.contact": Text(
            en="This client meets the VIP standard; contact the client and offer the membership.",
            zh="该客户已符合 VIP 标准，请主动联系客户，介绍并征询其入会意愿。",
        ),
    },
)
