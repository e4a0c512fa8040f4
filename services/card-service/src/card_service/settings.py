"""Settings of the card service."""

from chassis.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    """Read from CARD_SERVICE_… or from the files they name."""

    model_config = SettingsConfigDict(env_prefix="CARD_SERVICE_")
