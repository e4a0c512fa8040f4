"""What one process of a service holds open: database, keys, peers, clock, figures. Opened in `assembly`."""

from dataclasses import dataclass

from joserfc.jwk import OKPKey

from chassis.clock import Clock
from chassis.db import Database
from chassis.fields import FieldCipher
from chassis.health import Health
from chassis.http_client import HttpClient
from chassis.metrics import Metrics
from chassis.peers import Peers
from chassis.settings import ServiceSettings
from chassis.tokens import Verifier


@dataclass(frozen=True, slots=True)
class Runtime:
    """The open parts of a process. `key` signs this service's own calls; `clock` is the moment rules are handed."""

    name: str
    settings: ServiceSettings
    database: Database
    cipher: FieldCipher
    key: OKPKey
    verifier: Verifier
    peers: Peers
    http: HttpClient
    clock: Clock
    metrics: Metrics
    health: Health

    async def close(self) -> None:
        """Gives everything back; a process calls it last."""
        await self.http.close()
        await self.database.close()
