"""deploy/keycloak/vip-realm.json gives tokens that the gateway takes, of people who are in the example organisation.

The claims that the realm's mappers write are computed here, signed, and given to the gateway's own check. Where
VIP_TEST_KEYCLOAK names a running Keycloak with this realm, its real tokens are checked too.
"""

import json
import os
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import yaml
from gateway.bank_tokens import BankTokens, IssuerKeys, bank_tokens
from gateway.refusals import BankTokenRefused
from gateway.settings import GatewaySettings
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from vip.example.organisation import organisation
from vip.places import project_root

ROOT = project_root()
REALM: dict[str, Any] = json.loads((ROOT / "deploy" / "keycloak" / "vip-realm.json").read_text(encoding="utf-8"))
(CLIENT,) = REALM["clients"]
USERS = {user["username"]: user for user in REALM["users"]}
ISSUER = f"http://127.0.0.1:8005/realms/{REALM['realm']}"


def gateway_default(field: str) -> Any:
    """What a gateway takes that is told nothing else."""
    return GatewaySettings.model_fields[field].default


def claims_of(user: Mapping[str, Any], mappers: list[dict[str, Any]]) -> dict[str, Any]:
    """What Keycloak writes into this person's access token, by these mappers."""
    now = int(time.time())
    lifetime_s = REALM["accessTokenLifespan"]
    claims: dict[str, Any] = {"iss": ISSUER, "iat": now, "exp": now + lifetime_s, "typ": "Bearer", "azp": "vip-desk"}
    for mapper in mappers:
        config = mapper["config"]
        assert config["access.token.claim"] == "true"
        if mapper["protocolMapper"] == "oidc-audience-mapper":
            claims["aud"] = config["included.custom.audience"]
        elif mapper["protocolMapper"] == "oidc-usermodel-attribute-mapper":
            (claims[config["claim.name"]],) = user["attributes"][config["user.attribute"]]
        else:
            raise AssertionError(f"what does {mapper['protocolMapper']} write?")
    return claims


@pytest.fixture(scope="module")
def key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "realm-1", "use": "sig"})


@pytest.fixture
def gateway_check(key: ECKey) -> BankTokens:
    async def fetch(url: str) -> Mapping[str, Any]:
        return {**KeySet([key]).as_dict(private=False)}

    keys = IssuerKeys(f"{ISSUER}/protocol/openid-connect/certs", fetch)
    return bank_tokens(ISSUER, gateway_default("audience"), gateway_default("token_algorithms"), keys)


def signed(claims: dict[str, Any], key: ECKey) -> str:
    algorithm = CLIENT["attributes"]["access.token.signed.response.alg"]
    return jwt.encode({"alg": algorithm, "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=[algorithm])


@pytest.mark.parametrize("username", USERS)
async def test_the_gateway_takes_the_realms_token_as_the_person_it_names(
    gateway_check: BankTokens, key: ECKey, username: str
) -> None:
    claims = claims_of(USERS[username], CLIENT["protocolMappers"])
    assert await gateway_check.subject_of(signed(claims, key)) == USERS[username]["attributes"]["vip_subject"][0]


@pytest.mark.parametrize("without", [mapper["name"] for mapper in CLIENT["protocolMappers"]])
async def test_without_either_mapper_the_gateway_refuses(gateway_check: BankTokens, key: ECKey, without: str) -> None:
    mappers = [mapper for mapper in CLIENT["protocolMappers"] if mapper["name"] != without]
    with pytest.raises(BankTokenRefused):
        await gateway_check.subject_of(signed(claims_of(USERS["agent"], mappers), key))


def test_keys_and_algorithm_are_ones_the_gateway_takes() -> None:
    assert REALM["defaultSignatureAlgorithm"] in gateway_default("token_algorithms")
    assert CLIENT["attributes"]["access.token.signed.response.alg"] in gateway_default("token_algorithms")
    providers = {provider["providerId"] for provider in REALM["components"]["org.keycloak.keys.KeyProvider"]}
    assert "ecdsa-generated" in providers


def test_no_scope_brings_a_subject_of_its_own() -> None:
    assert CLIENT["defaultClientScopes"] == [] == CLIENT["optionalClientScopes"]
    writes_sub = [mapper for mapper in CLIENT["protocolMappers"] if mapper["config"].get("claim.name") == "sub"]
    assert len(writes_sub) == 1


def test_nobody_but_an_administrator_may_say_who_somebody_is() -> None:
    (provider,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    (text,) = provider["config"]["kc.user.profile.config"]
    profile = json.loads(text)
    (subject,) = [one for one in profile["attributes"] if one["name"] == "vip_subject"]
    assert subject["permissions"] == {"view": ["admin"], "edit": ["admin"]}
    assert "unmanagedAttributePolicy" not in profile
    assert REALM["registrationAllowed"] is False


def test_its_people_are_in_the_example_organisation_whatever_its_size() -> None:
    subjects = {user["attributes"]["vip_subject"][0] for user in USERS.values()}
    assert len(subjects) == len(USERS) == 4
    for clients in (100, 2_000, 1_000_000):
        assert subjects <= {f"staff:{person['staff_no']}" for person in organisation(clients).staff}


def test_the_compose_file_mounts_the_realm_and_the_names_of_the_issuer_fit() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    keycloak, told = compose["services"]["keycloak"], compose["services"]["gateway"]["environment"]
    assert "./deploy/keycloak/vip-realm.json:/opt/keycloak/data/import/vip-realm.json:ro" in keycloak["volumes"]
    assert "--import-realm" in keycloak["command"]
    assert told["GATEWAY_ISSUER"].startswith("${VIP_ISSUER:-")
    assert told["GATEWAY_ISSUER_JWKS_URL"].startswith("${VIP_ISSUER_JWKS_URL:-")
    # The name in the tokens must not depend on the address by which one asked: the gateway compares it letter for letter.
    assert keycloak["environment"]["KC_HOSTNAME"] == "http://127.0.0.1:${VIP_IDENTITY_PORT:-8005}"
    # Keycloak refuses to start with an administrator's name and an empty password: unset outside, unset inside.
    assert keycloak["environment"]["KC_BOOTSTRAP_ADMIN_USERNAME"] is None
    assert keycloak["environment"]["KC_BOOTSTRAP_ADMIN_PASSWORD"] is None
    page = (ROOT / "deploy" / "keycloak" / "README.md").read_text(encoding="utf-8")
    assert f"VIP_ISSUER={ISSUER}\n" in page
    assert f"VIP_ISSUER_JWKS_URL=http://keycloak:8080/realms/{REALM['realm']}/protocol/openid-connect/certs\n" in page


@pytest.mark.skipif("VIP_TEST_KEYCLOAK" not in os.environ, reason="VIP_TEST_KEYCLOAK names no Keycloak with the realm")
@pytest.mark.parametrize("username", USERS)
async def test_the_gateway_takes_the_tokens_of_a_real_keycloak(username: str) -> None:
    realm = f"{os.environ['VIP_TEST_KEYCLOAK']}/realms/{REALM['realm']}/protocol/openid-connect"
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:

        async def fetch(url: str) -> Mapping[str, Any]:
            found: Mapping[str, Any] = (await http.get(url)).raise_for_status().json()
            return found

        issuer = (await fetch(realm.removesuffix("/protocol/openid-connect") + "/.well-known/openid-configuration"))[
            "issuer"
        ]
        check = bank_tokens(
            issuer,
            gateway_default("audience"),
            gateway_default("token_algorithms"),
            IssuerKeys(f"{realm}/certs", fetch),
        )
        (password,) = USERS[username]["credentials"]
        form = {"client_id": "vip-desk", "username": username, "password": password["value"], "scope": "openid"}
        first = (await http.post(f"{realm}/token", data={"grant_type": "password", **form})).raise_for_status().json()
        renewal = {"client_id": "vip-desk", "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = (await http.post(f"{realm}/token", data=renewal)).raise_for_status().json()
        wanted = USERS[username]["attributes"]["vip_subject"][0]
        for answer in (first, second):
            assert await check.subject_of(answer["access_token"]) == wanted
            with pytest.raises(BankTokenRefused):
                await check.subject_of(answer["id_token"])
