"""What the gateway is told: where its neighbours are, whose tokens it takes, how much it lets through."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from chassis.settings import ProcessSettings
from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

_JSON_FIELDS = ("upstreams", "cors_origins", "token_algorithms")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"})


class GatewaySettings(ProcessSettings):
    """Two ports instead of one: the public one answers the bank, the internal one probes, metrics and `/internal/jwks`.

    `upstreams` maps a service's name to its address; `contracts_dir` holds `openapi/<service>.json`, the routing table.
    """

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    port: int = 0
    public_port: int = Field(ge=0, le=65535)
    internal_port: int = Field(ge=0, le=65535)
    internal_host: str = "127.0.0.1"
    contracts_dir: Path
    upstreams: dict[str, str]
    registry_url: str
    issuer: str
    issuer_jwks_url: str
    audience: str = "vip-platform"
    token_algorithms: tuple[str, ...] = ("ES256", "RS256", "PS256")
    cors_origins: tuple[str, ...] = ()
    open_docs: bool | None = None
    requests_per_minute: int = Field(default=1200, ge=1)
    recognitions_per_minute: int = Field(default=60, ge=1)
    refused_tokens_per_minute: int = Field(default=120, ge=1)
    rate_limit_storage: str = "async+memory://"
    in_flight_max: int = Field(default=1000, ge=1)
    upstream_connections: int = Field(default=200, ge=1)
    total_s: int = Field(default=10, ge=1)
    connect_s: int = Field(default=2, ge=1)
    upload_s: int = Field(default=300, ge=1)
    drain_s: int = Field(default=2, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _read_json(cls, values: Any) -> Any:
        # A value from a file is text; the environment's own JSON is read by pydantic-settings.
        if not isinstance(values, Mapping):
            return values
        return {
            name: json.loads(value) if name in _JSON_FIELDS and isinstance(value, str) else value
            for name, value in values.items()
        }

    @model_validator(mode="after")
    def _refuse_the_unsafe(self) -> Self:
        unknown = set(self.token_algorithms) - _SIGNATURES
        if unknown or not self.token_algorithms:
            raise ValueError("token_algorithms takes asymmetric signatures only")
        if "client-registry" not in self.upstreams:
            raise ValueError("upstreams has to name client-registry")
        if self.environment == "production":
            if self.open_docs:
                raise ValueError("open_docs is refused in production: the portal wants a token there")
            if "*" in self.cors_origins:
                raise ValueError("a wildcard in cors_origins is refused in production")
            if urlsplit(self.issuer_jwks_url).hostname in _LOOPBACK:
                raise ValueError("issuer_jwks_url is this very machine: an issuer of development")
        return self

    @property
    def docs_are_open(self) -> bool:
        """Whether the documentation portal is shown without a token: in development, unless told otherwise."""
        return self.environment == "development" if self.open_docs is None else self.open_docs
