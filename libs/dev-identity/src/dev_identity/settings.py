"""Settings of the development issuer, read once; anything but development is refused."""

from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the issuer listens, and what it puts into tokens.

    There is no default for `environment`: whoever starts it has to say "development", and no other value is known.
    """

    model_config = SettingsConfigDict(env_prefix="DEV_IDENTITY_", frozen=True, extra="forbid")

    environment: Literal["development"]
    host: str = "127.0.0.1"
    port: int = 8005
    issuer: str = "http://127.0.0.1:8005"
    audience: str = "vip-platform"
    lifetime_s: int = 3600
    key_file: Path
