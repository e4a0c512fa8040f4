"""Settings: read once at the top, from the environment or from files, with no guess where a secret is missing."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

Environment = Literal["development", "production"]
_WEBHOOK_SECRET_MIN = 32
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class FileSource(PydanticBaseSettingsSource):
    """`<PREFIX><FIELD>_FILE` names a file that holds the field's value: how secrets come in containers."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The value of one field, if a file is named for it."""
        name = f"{self.config.get('env_prefix', '')}{field_name}_FILE".upper()
        path = os.environ.get(name)
        value = Path(path).read_text().strip() if path else None
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every field for which a file is named."""
        found: dict[str, Any] = {}
        for field_name, field in self.settings_cls.model_fields.items():
            value, key, _ = self.get_field_value(field, field_name)
            if value is not None:
                found[key] = value
        return found


class ProcessSettings(BaseSettings):
    """What every process of ours is told, services and gateway alike. A subclass sets the environment prefix."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        env_ignore_empty=True,
        validate_default=False,
        use_attribute_docstrings=True,
    )

    environment: Environment = "production"
    """In production nothing of development is taken: no debug, no marked keys, no key address on this machine."""
    debug: bool = False
    """Changes nothing by itself; true is refused in production."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """From which level on a log line is written."""
    otlp_endpoint: str | None = None
    """Where traces go (OpenTelemetry over HTTP); nowhere when unset."""
    host: str = "127.0.0.1"
    """The address it listens on; 0.0.0.0 in a container."""
    port: int = Field(ge=0, le=65535)
    """The port it listens on, also for probes and metrics."""
    upload_limit_mib: int = Field(default=256, ge=1, le=4096)
    """The most an upload may have, in MiB; more is refused with 413, unread where the request says so itself. The same for
    the gateway and the services behind it."""
    signing_key_file: Path
    """A file with this process's own Ed25519 key (a private JWK): it signs what is said to the other services."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Given values win, then the environment, then files named by it, then a folder of secrets. No .env file."""
        return init_settings, env_settings, FileSource(settings_cls), file_secret_settings

    @property
    def upload_limit(self) -> int:
        """The limit of an upload in bytes."""
        return self.upload_limit_mib * 1024 * 1024

    @model_validator(mode="after")
    def _refuse_development_in_production(self) -> Self:
        if self.environment == "production":
            if self.debug:
                raise ValueError("debug is refused in production")
            _refuse_development_key(self.signing_key_file)
        return self


class ServiceSettings(ProcessSettings):
    """What a service is told. Nothing secret has a default; in production nothing of development is taken."""

    database_url: SecretStr
    """postgresql://user:password@host:port/database, the service's own database with a role of its own; a secret."""
    database_pool_max: int = Field(default=10, ge=1, le=200)
    """The most connections one process holds."""
    statement_timeout_ms: int = Field(default=5000, ge=100, le=600_000)
    """After how long PostgreSQL breaks off a statement."""
    kafka_bootstrap: str
    """The broker, host:port; several with commas."""
    kafka_idempotent: bool = True
    """Whether the broker takes idempotent producers: Apache Kafka does, the embedded broker does not."""
    trusted_jwks: dict[str, str | dict[str, Any]]
    """Who may call: a JSON object, the caller's name to the address of its public keys (or the key set itself)."""
    peers: dict[str, str] = {}
    """Whom it may ask: a JSON object, the service's name to its address."""
    field_keys_file: Path
    """A file with the key ring that seals names, numbers and words about clients. Lost keys are lost data."""

    work_item_webhook_url: str | None = None
    """Where work items are told to those outside; nowhere when unset. https outside development."""
    work_item_webhook_secret: SecretStr | None = None
    """What the webhook's messages are signed with, 32 characters or more; needed with the address."""
    work_item_folder: Path | None = None
    """A folder into which work items are written, one JSON line each; nowhere when unset."""
    work_item_proofs_kept_days: int = Field(default=400, ge=1)
    """Days after which the proof that a work item was told outside is deleted; what still waits is never deleted."""

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
            raise ValueError("write postgresql://user:password@host:port/database")
        return url

    @model_validator(mode="before")
    @classmethod
    def _read_json(cls, values: Any) -> Any:
        # A value from a file is text; the environment's own JSON is read by pydantic-settings.
        if not isinstance(values, Mapping):
            return values
        read = dict(values)
        for name in ("trusted_jwks", "peers"):
            if isinstance(read.get(name), str):
                read[name] = json.loads(read[name])
        return read

    @model_validator(mode="after")
    def _check_webhook(self) -> Self:
        if self.work_item_webhook_url is None:
            return self
        parts = urlsplit(self.work_item_webhook_url)
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.fragment:
            raise ValueError("work_item_webhook_url: write https://host/path, without a user")
        if parts.scheme != "https" and self.environment != "development":
            raise ValueError("work_item_webhook_url: https only outside development")
        secret = self.work_item_webhook_secret
        if secret is None or len(secret.get_secret_value()) < _WEBHOOK_SECRET_MIN:
            raise ValueError(f"work_item_webhook_secret: give {_WEBHOOK_SECRET_MIN} characters or more")
        return self

    @model_validator(mode="after")
    def _refuse_development_services(self) -> Self:
        if self.environment == "production":
            _refuse_development_key(self.field_keys_file)
            for name, source in self.trusted_jwks.items():
                if isinstance(source, str) and urlsplit(source).hostname in _LOOPBACK:
                    raise ValueError(f"the keys of {name} come from this very machine: an issuer of development")
        return self


def _refuse_development_key(path: Path) -> None:
    """Raises `ValueError` for a key file that says it was made for development."""
    try:
        content = json.loads(path.read_text())
    except OSError as missing:
        raise ValueError(f"{path.name} cannot be read") from missing
    except json.JSONDecodeError as broken:
        raise ValueError(f"{path.name} is not JSON") from broken
    if content.get("development"):
        raise ValueError(f"{path.name} is a key of development and is refused in production")
