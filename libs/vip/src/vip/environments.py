"""What each process is told: its settings as environment variables, its secrets as files."""

import json
from collections.abc import Mapping
from pathlib import Path

from vip.keys import Keys
from vip.places import GATEWAY, ISSUER, SERVICES, Ports, project_root


def _prefixed(name: str, settings: Mapping[str, str]) -> dict[str, str]:
    prefix = name.replace("-", "_").upper()
    return {f"{prefix}_{field.upper()}": value for field, value in settings.items()}


def service_environment(
    service: str, *, ports: Ports, keys: Keys, database_url_file: Path, bootstrap: str, idempotent: bool, port: int
) -> dict[str, str]:
    """The settings of one process of a service. `port` is its own: split processes each answer for their health."""
    trusted = {name: f"{ports.url(name)}/internal/jwks" for name in SERVICES}
    trusted[GATEWAY] = f"{ports.gateway_internal_url}/internal/jwks"
    return _prefixed(
        service,
        {
            "environment": "development",
            "database_url_file": str(database_url_file),
            "kafka_bootstrap": bootstrap,
            "kafka_idempotent": json.dumps(idempotent),
            "host": "127.0.0.1",
            "port": str(port),
            "signing_key_file": str(keys.signing_key(service)),
            "field_keys_file": str(keys.field_keys(service)),
            "trusted_jwks": json.dumps(trusted),
            "peers": json.dumps({name: ports.url(name) for name in SERVICES if name != service}),
        },
    )


def gateway_environment(*, ports: Ports, keys: Keys) -> dict[str, str]:
    """The settings of the gateway."""
    return _prefixed(
        GATEWAY,
        {
            "environment": "development",
            "host": "127.0.0.1",
            "public_port": str(ports.gateway),
            "internal_port": str(ports.gateway_internal),
            "registry_url": ports.url("client-registry"),
            "upstreams": json.dumps({name: ports.url(name) for name in SERVICES}),
            "issuer": ports.url(ISSUER),
            "issuer_jwks_url": f"{ports.url(ISSUER)}/jwks",
            "audience": "vip-platform",
            "contracts_dir": str(project_root() / "contracts"),
            "signing_key_file": str(keys.signing_key(GATEWAY)),
        },
    )


def issuer_environment(*, ports: Ports, keys: Keys) -> dict[str, str]:
    """The settings of the development issuer."""
    return _prefixed(
        ISSUER,
        {
            "environment": "development",
            "host": "127.0.0.1",
            "port": str(ports.issuer),
            "issuer": ports.url(ISSUER),
            "key_file": str(keys.signing_key(ISSUER)),
        },
    )
