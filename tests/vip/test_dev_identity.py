"""The development issuer: tokens like a bank's, and no start outside development."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from dev_identity.app import create_app
from dev_identity.settings import Settings
from dev_identity.tokens import read_key
from joserfc import jwt
from joserfc.jwk import KeySet
from vip.keys import Keys
from vip.places import ISSUER


@pytest.fixture
async def issuer(tmp_path: Path) -> Any:
    key_file = Keys(tmp_path).signing_key(ISSUER)
    settings = Settings(environment="development", key_file=key_file, issuer="http://issuer.test")
    transport = httpx.ASGITransport(create_app(settings, read_key(key_file)))
    async with httpx.AsyncClient(transport=transport, base_url="http://issuer.test") as client:
        yield client


def form(**fields: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", "subject": "staff:100001", **fields}


async def test_a_token_is_signed_by_the_published_key_and_says_who_for_whom_and_how_long(
    issuer: httpx.AsyncClient,
) -> None:
    answer = (await issuer.post("/token", data=form())).json()
    published = KeySet.import_key_set((await issuer.get("/jwks")).json())
    token = jwt.decode(answer["access_token"], published, algorithms=["ES256"])
    assert token.claims["sub"] == "staff:100001"
    assert token.claims["aud"] == "vip-platform"
    assert token.claims["iss"] == "http://issuer.test"
    assert token.claims["exp"] - token.claims["iat"] == answer["expires_in"] == 3600
    assert token.claims["typ"] == "Bearer"


async def test_the_private_half_and_the_mark_of_development_are_not_published(issuer: httpx.AsyncClient) -> None:
    (key,) = (await issuer.get("/jwks")).json()["keys"]
    assert {"d", "development"}.isdisjoint(key)
    assert key["kid"]


async def test_discovery_names_keys_and_token_endpoint(issuer: httpx.AsyncClient) -> None:
    found = (await issuer.get("/.well-known/openid-configuration")).json()
    assert found["issuer"] == "http://issuer.test"
    assert (await issuer.get(found["jwks_uri"])).status_code == 200
    assert (await issuer.post(found["token_endpoint"], data=form())).status_code == 200


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"subject": ""}, "invalid_request"),
        ({"subject": "nobody"}, "invalid_request"),
        ({"subject": "staff:1\nstaff:2"}, "invalid_request"),
    ],
)
async def test_other_asks_are_refused(issuer: httpx.AsyncClient, fields: dict[str, str], error: str) -> None:
    answer = await issuer.post("/token", data=form(**fields))
    assert answer.status_code == 400
    assert answer.json()["error"] == error


@pytest.mark.parametrize("environment", [None, "production", "Development", "test"])
def test_it_starts_in_development_only(tmp_path: Path, environment: str | None) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("DEV_IDENTITY_")}
    env |= {"DEV_IDENTITY_KEY_FILE": str(Keys(tmp_path).signing_key(ISSUER))}
    if environment is not None:
        env["DEV_IDENTITY_ENVIRONMENT"] = environment
    ended = subprocess.run(
        [sys.executable, "-m", "dev_identity"], env=env, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 2
    assert "DEV_IDENTITY_ENVIRONMENT=development" in ended.stderr


def test_keys_are_marked_as_keys_of_development(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    for file in (keys.signing_key(ISSUER), keys.signing_key("gateway"), keys.field_keys("card-service")):
        assert json.loads(file.read_text())["development"] is True
