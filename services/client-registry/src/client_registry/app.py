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
        "account.look.large_inflow": Text(
            en="A large amount came in on this client's accounts; look at it and speak with the client.",
            zh="该客户账户有大额资金转入，请关注并与客户沟通。",
        ),
        "account.look.large_outflow": Text(
            en="A large amount went out of this client's accounts; look at it and speak with the client.",
            zh="该客户账户有大额资金转出，请关注并与客户沟通。",
        ),
        "account.look.dormant": Text(
            en="An account of this client has gone dormant; ask the client about it.",
            zh="该客户账户长期不动，请向客户了解情况。",
        ),
        "qualification.review": Text(
            en="The figures behind a filed qualification were corrected; look at it and say what becomes of it.",
            zh="已备案资格所依据的数据已更正，请复核并给出处理结果。",
        ),
    },
)
