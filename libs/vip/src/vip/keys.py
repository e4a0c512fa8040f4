"""Secrets of the laptop house: made once, kept for their owner alone, handed to processes as files."""

import json
import os
import secrets
from pathlib import Path

from chassis.fields import generate_key_file
from joserfc.jwk import ECKey, OKPKey

from vip.places import GATEWAY, ISSUER, SERVICES


def write_private(path: Path, content: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)


def fresh_signing_key(name: str, *, development: bool) -> str:
    """A private key as JWK: Ed25519, for the issuer P-256 as an OIDC provider has. Production refuses the marked ones."""
    key = ECKey.generate_key("P-256") if name == ISSUER else OKPKey.generate_key("Ed25519")
    key.ensure_kid()
    return json.dumps({**({"development": True} if development else {}), **key.as_dict(private=True)})


class Keys:
    """The folder of secrets. Each is made on the first ask and never changes, for data is sealed under them."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "secrets"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)

    def password(self, name: str) -> str:
        """A database password."""
        path = self._folder / f"{name}.password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text()

    def signing_key(self, name: str) -> Path:
        """The private key with which this party signs."""
        path = self._folder / f"{name}.signing-key.json"
        if not path.exists():
            write_private(path, fresh_signing_key(name, development=True))
        return path

    def field_keys(self, service: str) -> Path:
        """The keys that seal this service's personal data."""
        path = self._folder / f"{service}.field-keys.json"
        if not path.exists():
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            draft.unlink(missing_ok=True)
            generate_key_file(draft, development=True)
            draft.replace(path)
        return path

    def database_url(self, service: str, url: str) -> Path:
        """A file with this service's database URL: it holds the password, so it is no environment variable."""
        path = self._folder / f"{service}.database-url"
        write_private(path, url)
        return path

    def make_all(self) -> None:
        """Makes whatever is missing, so that parts started at the same moment find everything."""
        for name in (GATEWAY, ISSUER, *SERVICES):
            self.signing_key(name)
        for service in SERVICES:
            self.field_keys(service)
            self.password(SERVICES[service])
        self.password("postgres")
