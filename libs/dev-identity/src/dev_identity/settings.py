"""Settings of the development issuer, read once; anything but development is refused."""

from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the issuer listens, and what it puts into tokens.

    There is no default for `environment`: whoever starts it has to say "development", and no other value is known.
    """

    model_config = SettingsConfigDict(
        env_prefix="DEV_IDENTITY_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    environment: Literal["development"]
    """Has to say development; no other value is known."""
    host: str = "127.0.0.1"
    """The address it listens on."""
    port: int = 8005
    """The port it listens on."""
    issuer: str = "http://127.0.0.1:8005"
    """The `iss` of its tokens."""
    audience: str = "vip-platform"
    """The `aud` of its tokens."""
    lifetime_s: int = 3600
    """Seconds until a token ends."""
    key_file: Path
    """A file with the P-256 key (a private JWK) that signs the tokens."""
