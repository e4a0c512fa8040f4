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
        "qualification.contact": Text(
            en="This client meets the VIP standard; contact the client and offer the membership.",
            zh="该客户已符合 VIP 标准，请主动联系客户，介绍并征询其入会意愿。",
        ),
        "information.verify": Text(
            en="This client's information is incomplete or was not confirmed for a long time; check it with the client.",
            zh="该客户信息不完整或长期未核实，请与客户核对并更新。",
        ),
        "profile.changed": Text(
            en="This client's information was changed; look at what changed and act on it.",
            zh="该客户的信息已变更，请查看变更内容并作相应处理。",
        ),
    },
)
