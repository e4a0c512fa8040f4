"""Settings of the client registry."""

from chassis.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    """Read from CLIENT_REGISTRY_… or from the files they name."""

    model_config = SettingsConfigDict(env_prefix="CLIENT_REGISTRY_")
