"""Settings of the complaint service."""

from chassis.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    """Read from COMPLAINT_SERVICE_… or from the files they name."""

    model_config = SettingsConfigDict(env_prefix="COMPLAINT_SERVICE_")
