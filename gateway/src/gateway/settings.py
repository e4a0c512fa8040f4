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
    """Not used: the gateway has the two ports below."""
    public_port: int = Field(ge=0, le=65535)
    """The port that the bank's programs call."""
    internal_port: int = Field(ge=0, le=65535)
    """The port for probes, metrics and the gateway's public keys; never published."""
    internal_host: str = "127.0.0.1"
    """The address of the internal port."""
    contracts_dir: Path
    """The folder with openapi/<service>.json, which are the routing table."""
    upstreams: dict[str, str]
    """A JSON object, the service's name to its address; client-registry has to be among them."""
    registry_url: str
    """Where the gateway asks what a caller may do: the client registry."""
    issuer: str
    """The `iss` that tokens have to carry: the bank's OIDC issuer, letter for letter."""
    issuer_jwks_url: str
    """Where the issuer's public keys are fetched; in production never this very machine."""
    audience: str = "vip-platform"
    """The `aud` that tokens have to carry."""
    token_algorithms: tuple[str, ...] = ("ES256", "RS256", "PS256")
    """Which signatures are taken, a JSON list; asymmetric ones only."""
    cors_origins: tuple[str, ...] = ()
    """The web pages that may call from a browser, a JSON list of origins; no wildcard in production."""
    open_docs: bool | None = None
    """Whether the documentation is shown without a token; unset: in development only."""
    requests_per_minute: int = Field(default=1200, ge=1)
    """Requests of one caller a minute."""
    recognitions_per_minute: int = Field(default=60, ge=1)
    """Look-ups of clients by one caller a minute."""
    refused_tokens_per_minute: int = Field(default=120, ge=1)
    """Refused tokens from one address a minute."""
    rate_limit_storage: str = "async+memory://"
    """Where the counts of the limits are kept; each process counts for itself unless they share a store."""
    in_flight_max: int = Field(default=1000, ge=1)
    """Requests at the same time; more are told to come again."""
    upstream_connections: int = Field(default=200, ge=1)
    """Connections to each service at the same time."""
    total_s: int = Field(default=10, ge=1)
    """Seconds for a whole request."""
    connect_s: int = Field(default=2, ge=1)
    """Seconds to connect to a service."""
    upload_s: int = Field(default=300, ge=1)
    """Seconds for an upload."""
    drain_s: int = Field(default=2, ge=0)
    """Seconds between the signal to stop and the last new request."""

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
