"""Who serves a client, layer behind layer (CR-44, XC-2; WMC 客户服务机制): nobody is ever without somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.texts import Text

ARTICLE = "WMC 客户服务机制"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer: which posts at which kinds of unit form it, and why it stands there."""

    code: str
    roles: tuple[str, ...]
    unit_kinds: tuple[str, ...]
    requirement: str
    name: Text
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody who holds a post now, himself or for another (`stands_in_for`)."""

    staff_id: UUID
    subject: str
    name: str
    work_phone: str | None
    role: str
    unit_id: UUID
    unit_path: str
    unit_kind: str
    unit_name: Text
    stands_in_for: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manned:
    """A layer with its people; without any it is a gap."""

    layer: Layer
    holders: tuple[Holder, ...]

    @property
    def is_gap(self) -> bool:
        """True where nobody holds the post."""
        return not self.holders


MANAGER = Layer(
    code="relationship_manager",
    roles=("relationship_manager", "private_banker", "corporate_manager"),
    unit_kinds=(),
    requirement="CR-43",
    name=Text(en="Client manager", zh="客户经理"),
    why=Text(en="Named as the client's own manager.", zh="客户的专属客户经理。"),
)
# Read downward: each layer backs up the one before it.
LAYERS = (
    MANAGER,
    Layer(
        code="wealth_centre_head",
        roles=("wealth_centre_head", "outlet_head"),
        unit_kinds=("wealth_centre", "outlet"),
        requirement="CR-44",
        name=Text(en="Head of the wealth centre", zh="理财中心负责人"),
        why=Text(
            en="Heads the wealth centre or outlet that keeps the client's file.",
            zh="客户归属理财中心（网点）的负责人。",
        ),
    ),
    Layer(
        code="quality_client_group",
        roles=("client_service_section",),
        unit_kinds=("sub_branch", "second_level_branch"),
        requirement="XC-2",
        name=Text(en="Quality-client group of the sub-branch", zh="支行优质客户服务组"),
        why=Text(
            en="Quality-client group of the sub-branch above the home unit.", zh="归属机构上级支行的优质客户服务组。"
        ),
    ),
    Layer(
        code="key_client_section",
        roles=("client_service_section",),
        unit_kinds=("first_level_branch",),
        requirement="XC-2",
        name=Text(en="Key-client section of the branch", zh="分行要客服务科"),
        why=Text(
            en="Key-client section of the first-level branch above the home unit.",
            zh="归属机构上级一级分行的要客服务科。",
        ),
    ),
    Layer(
        code="client_service_division",
        roles=("client_service_section",),
        unit_kinds=("head_office",),
        requirement="XC-2",
        name=Text(en="Client-service division of head office", zh="总行客户服务处"),
        why=Text(en="Client-service division of head office, the last layer.", zh="总行客户服务处，为最后一层保障。"),
    ),
)
ROLES = tuple(sorted({role for layer in LAYERS for role in layer.roles}))


def man(manager: str | None, found: Sequence[Holder]) -> tuple[Manned, ...]:
    """The layers with their people, out of all who hold such posts on the client's line.

    `unit_kind` of somebody in a department is the kind of the unit the department belongs to.
    """
    return tuple(Manned(layer=layer, holders=_people(layer, manager, found)) for layer in LAYERS)


def _people(layer: Layer, manager: str | None, found: Sequence[Holder]) -> tuple[Holder, ...]:
    if layer is MANAGER:
        # The manager himself wherever he is posted, once, and who stands in for him.
        own = {h.subject: h for h in reversed(found) if manager is not None and manager in (h.subject, h.stands_in_for)}
        return tuple(
            sorted((h for h in own.values() if h.role in layer.roles), key=lambda h: (h.subject != manager, h.subject))
        )
    here = [h for h in found if h.role in layer.roles and h.unit_kind in layer.unit_kinds]
    nearest = max((len(h.unit_path) for h in here if h.stands_in_for is None), default=0)
    nearest = nearest or max((len(h.unit_path) for h in here), default=0)
    return tuple(h for h in here if len(h.unit_path) >= nearest)
