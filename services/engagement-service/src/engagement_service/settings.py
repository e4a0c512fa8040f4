"""Settings of the engagement service."""

from chassis.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    """Read from ENGAGEMENT_SERVICE_… or from the files they name."""

    model_config = SettingsConfigDict(env_prefix="ENGAGEMENT_SERVICE_")
