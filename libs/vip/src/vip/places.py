"""Where things stand on this machine: the project, the state folder, the ports, the names of the parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SERVICES: Mapping[str, str] = {
    "client-registry": "client_registry",
    "card-service": "card_service",
    "complaint-service": "complaint_service",
    "engagement-service": "engagement_service",
}
GATEWAY = "gateway"
ISSUER = "dev-identity"
POSTGRES = "postgres"
BROKER = "broker"
# What a service's one process does when it is split into four.
ROLES = ("api", "listen", "relay", "work")
DEFAULT_PORT_BASE = 8000


def project_root() -> Path:
    """The folder with the contracts: the members are installed in place."""
    return Path(__file__).resolve().parents[4]


def default_home() -> Path:
    """The state folder where none is named by --home or VIP_HOME."""
    return project_root() / ".vip"


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one house, all on 127.0.0.1, counted from a base."""

    base: int = DEFAULT_PORT_BASE

    @property
    def gateway(self) -> int:
        return self.base

    def service(self, name: str) -> int:
        return self.base + 1 + list(SERVICES).index(name)

    @property
    def issuer(self) -> int:
        return self.base + 5

    @property
    def postgres(self) -> int:
        return self.base + 6

    @property
    def broker(self) -> int:
        return self.base + 7

    @property
    def gateway_internal(self) -> int:
        return self.base + 9

    def url(self, name: str) -> str:
        """Where a part answers HTTP."""
        port = {GATEWAY: self.gateway, ISSUER: self.issuer}.get(name)
        return f"http://127.0.0.1:{port if port is not None else self.service(name)}"

    @property
    def gateway_internal_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway_internal}"

    def named(self) -> Iterator[tuple[str, int]]:
        """Every port with what it is for."""
        yield "gateway", self.gateway
        yield from ((name, self.service(name)) for name in SERVICES)
        yield ISSUER, self.issuer
        yield POSTGRES, self.postgres
        yield BROKER, self.broker
        yield "gateway (internal)", self.gateway_internal
