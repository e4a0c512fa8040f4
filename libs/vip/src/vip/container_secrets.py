"""A folder of secrets for docker-compose.yml: one file each, named as the compose file names them."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from chassis.fields import generate_key_file

from vip.keys import fresh_signing_key
from vip.places import GATEWAY, ISSUER, SERVICES
from vip.processes import LaunchProblem

# Read by the containers' own users; the folder around them is closed to everybody else.
READABLE = 0o444


def _texts(*, development: bool) -> Iterator[tuple[str, str]]:
    yield "postgres_password", secrets.token_urlsafe(24)
    for service, name in SERVICES.items():
        password = secrets.token_urlsafe(24)
        yield f"{name}_database_password", password
        yield f"{name}_database_url", f"postgresql://{name}:{password}@postgres:5432/{name}"
        yield f"{name}_signing_key", fresh_signing_key(service, development=development)
    yield "gateway_signing_key", fresh_signing_key(GATEWAY, development=development)
    if development:
        yield "dev_identity_key", fresh_signing_key(ISSUER, development=True)


def make_container_secrets(folder: Path, *, production: bool = False) -> list[Path]:
    """Makes the whole set in a folder that is new or empty: a second set would lock the database out.

    With `production` the keys carry no mark of development and there is none for the development issuer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise LaunchProblem(
            f"{folder} is not empty. Secrets that are in use are never overwritten: name another folder."
        )
    folder.chmod(0o700)
    made = []
    for name, content in _texts(development=not production):
        path = folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READABLE), "w") as out:
            out.write(content)
        made.append(path)
    for name in SERVICES.values():
        path = folder / f"{name}_field_keys"
        generate_key_file(path, development=not production)
        made.append(path)
    for path in made:
        path.chmod(READABLE)
    return made
