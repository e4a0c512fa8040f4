"""What the engagement service is made of."""

from pathlib import Path

from chassis.assembly import Service
from chassis.operations import Operations

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
    operations=Operations(),
)
