"""Internal tokens: what is let in, and the fixed list of what is not."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.clock import Clock, system_clock
from chassis.http_client import HttpClient
from chassis.identity import Grant, Principal, system
from chassis.refusals import TryLater
from chassis.tokens import TOKEN_TYPE, TokenRefused, Verifier, generate_key, mint, public_jwks, read_key, write_key
from chassis.trusted_keys import TrustedKeys
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey, RSAKey

KEY = generate_key("gateway-1")
FRIEND = generate_key("friend-1")
STRANGER = generate_key("gateway-1")
WHO = Principal("staff:7", (Grant("keeper", "/hq/bj/", "unit", datetime(2099, 1, 1, tzinfo=UTC)),))


def verifier(audience: str = "sample-service", clock: Clock = system_clock) -> Verifier:
    sources = {"gateway": public_jwks(KEY), "friend": public_jwks(FRIEND)}
    return Verifier(audience=audience, issuers=sources, keys=TrustedKeys(sources, HttpClient()), clock=clock)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {"iss": "gateway", "aud": "sample-service", "sub": "staff:7", "iat": now, "exp": now + 30, "grants": []}
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


def signed(said: dict[str, Any], *, key: OKPKey = KEY, **header: Any) -> str:
    """A token that is properly signed, whatever it says; a header field given as None is left out."""
    fields = {"alg": "Ed25519", "kid": "gateway-1", "typ": TOKEN_TYPE, **header}
    return raw({name: value for name, value in fields.items() if value is not None}, said, key.private_key.sign)


def raw(header: dict[str, Any], said: dict[str, Any], signature: Callable[[bytes], bytes]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, said)]
    sealed = base64.urlsafe_b64encode(signature(b".".join(parts))).rstrip(b"=")
    return b".".join([*parts, sealed]).decode()


async def test_a_token_carries_who_and_every_grant_with_its_place() -> None:
    assert await verifier().verify(mint(KEY, WHO, audience="sample-service")) == WHO


async def test_a_service_speaks_for_itself_or_names_itself_as_actor() -> None:
    itself = mint(FRIEND, system("friend"), audience="sample-service", issuer="friend")
    for_me = mint(FRIEND, Principal("staff:7", WHO.grants, "friend"), audience="sample-service", issuer="friend")
    assert (await verifier().verify(itself)).system == "friend"
    assert (await verifier().verify(for_me)).actor == "friend"


HMAC_WITH_PUBLIC_KEY = raw(
    {"alg": "HS256", "kid": "gateway-1", "typ": TOKEN_TYPE},
    claims(),
    lambda signed_part: hmac.digest(
        base64.urlsafe_b64decode(KEY.as_dict(private=False)["x"] + "="), signed_part, hashlib.sha256
    ),
)
NOW = int(time.time())
SOUND = signed(claims())
REFUSED = {
    "alg none": raw({"alg": "none", "kid": "gateway-1", "typ": TOKEN_TYPE}, claims(), lambda _: b""),
    "alg none in capitals": raw({"alg": "NONE", "kid": "gateway-1", "typ": TOKEN_TYPE}, claims(), lambda _: b""),
    "signed with the public key as a secret": HMAC_WITH_PUBLIC_KEY,
    "HS256": jws.serialize_compact(
        {"alg": "HS256", "kid": "gateway-1", "typ": TOKEN_TYPE},
        json.dumps(claims()),
        OctKey.generate_key(256),
        algorithms=["HS256"],
    ),
    "RS256": jws.serialize_compact(
        {"alg": "RS256", "kid": "gateway-1", "typ": TOKEN_TYPE},
        json.dumps(claims()),
        RSAKey.generate_key(2048),
        algorithms=["RS256"],
    ),
    "an algorithm that is ours by another name": signed(claims(), alg="EdDSA"),
    "another key of the same name": signed(claims(), key=STRANGER),
    "unknown kid": signed(claims(), kid="gateway-2"),
    "no kid": signed(claims(), kid=None),
    "wrong audience": signed(claims(aud="card-service")),
    "several audiences": signed(claims(aud=["sample-service", "card-service"])),
    "no audience": signed(claims(aud=None)),
    "unknown issuer": signed(claims(iss="mallory")),
    "another issuer's name": signed(claims(iss="friend", act="friend")),
    "no issuer": signed(claims(iss=None)),
    "expired": signed(claims(iat=NOW - 60, exp=NOW - 30)),
    "no expiry": signed(claims(exp=None)),
    "expiry as text": signed(claims(exp=str(NOW + 30))),
    "lives too long": signed(claims(exp=NOW + 3600)),
    "not yet valid": signed(claims(nbf=NOW + 60)),
    "issued in the future": signed(claims(iat=NOW + 60, exp=NOW + 90)),
    "wrong type": signed(claims(), typ="JWT"),
    "no type": signed(claims(), typ=None),
    "jku": signed(claims(), jku="https://mallory.example/keys"),
    "x5u": signed(claims(), x5u="https://mallory.example/cert"),
    "jwk": signed(claims(), key=STRANGER, jwk=STRANGER.as_dict(private=False)),
    "crit": signed(claims(), crit=["b64"], b64=True),
    "no subject": signed(claims(sub=None)),
    "unknown kind of subject": signed(claims(sub="root:1")),
    "a client that is no id": signed(claims(sub="client:7")),
    "the gateway as another system": signed(claims(sub="system:friend")),
    "the gateway with an actor": signed(claims(act="friend")),
    "a service without an actor": signed(claims(iss="friend"), key=FRIEND, kid="friend-1"),
    "a service as another service": signed(claims(iss="friend", sub="system:gateway"), key=FRIEND, kid="friend-1"),
    "grants without a place": signed(claims(grants=[{"role": "keeper", "reach": "unit"}])),
    "a grant that reaches further": signed(claims(grants=[{"role": "keeper", "unit_path": "/hq/", "reach": "all"}])),
    "a place that is none": signed(claims(grants=[{"role": "keeper", "unit_path": "%", "reach": "unit"}])),
    "not a token": "abc",
    "two parts": "abc.def",
    "too long": "a" * 20_000,
    "deeply nested": raw({"alg": "Ed25519"}, {}, lambda _: b"").split(".")[0] + "." + "W1tb" * 3000 + ".x",
}


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED.keys())
async def test_is_refused(token: str) -> None:
    # At the moment at which all of them were made: none is refused for its age alone.
    checking = verifier(clock=lambda: datetime.fromtimestamp(NOW, UTC))
    with pytest.raises(TokenRefused):
        await checking.verify(token)
    assert await checking.verify(SOUND)


@pytest.mark.parametrize("name", ["alg none", "wrong audience", "expired", "jku", "another key of the same name"])
async def test_a_refused_token_gets_401_and_no_reason(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("/v1/things", headers={"Authorization": f"Bearer {REFUSED[name]}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token.refused")


async def test_a_token_in_the_query_is_no_token(client: httpx.AsyncClient, issuer_keys: Mapping[str, OKPKey]) -> None:
    token = mint(issuer_keys["gateway"], WHO, audience="sample-service")
    for name in ("access_token", "token", "authorization"):
        assert (await client.get("/v1/things", params={name: token})).status_code == 401


async def test_a_remembered_token_ends_with_its_own_end() -> None:
    now = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    sources = {"gateway": public_jwks(KEY)}
    moments = [now, now + timedelta(seconds=4), now + timedelta(seconds=5)]
    checking = Verifier(
        audience="sample-service", issuers=sources, keys=TrustedKeys(sources, HttpClient()), clock=lambda: moments[0]
    )
    token = mint(KEY, WHO, audience="sample-service", now=now, lifetime_s=5)
    await checking.verify(token)
    moments.pop(0)
    await checking.verify(token)
    moments.pop(0)
    with pytest.raises(TokenRefused):
        await checking.verify(token)


async def test_an_ended_grant_counts_no_more(client: httpx.AsyncClient, issuer_keys: Mapping[str, OKPKey]) -> None:
    ended = Principal("staff:7", (Grant("keeper", "/hq/", "unit", datetime(2020, 1, 1, tzinfo=UTC)),))
    token = mint(issuer_keys["gateway"], ended, audience="sample-service")
    assert (await client.get("/v1/things", headers={"Authorization": f"Bearer {token}"})).status_code == 403


class Issuer:
    """A JWKS address under our control."""

    def __init__(self) -> None:
        self.asked = 0
        self.keys = [KEY]
        self.away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(503) if self.away else httpx.Response(200, json=public_jwks(*self.keys))

    def trusted(self, now: list[float]) -> TrustedKeys:
        http = HttpClient(httpx.MockTransport(self))
        return TrustedKeys({"gateway": "http://gateway/internal/jwks"}, http, monotonic=lambda: now[0])


async def test_an_unknown_key_asks_again_at_most_every_thirty_seconds() -> None:
    issuer, now = Issuer(), [0.0]
    trusted = issuer.trusted(now)
    assert await trusted.find("gateway", "gateway-1") is not None
    for _ in range(5):
        assert await trusted.find("gateway", "gateway-2") is None
    assert issuer.asked == 1
    issuer.keys.append(generate_key("gateway-2"))
    now[0] = 31.0
    assert await trusted.find("gateway", "gateway-2") is not None
    assert issuer.asked == 2


async def test_a_failed_refresh_keeps_the_keys_we_had() -> None:
    issuer, now = Issuer(), [0.0]
    trusted = issuer.trusted(now)
    await trusted.find("gateway", "gateway-1")
    issuer.away, now[0] = True, 31.0
    assert await trusted.find("gateway", "gateway-2") is None
    assert await trusted.find("gateway", "gateway-1") is not None


async def test_keys_never_had_are_our_trouble_and_not_the_callers() -> None:
    issuer, now = Issuer(), [0.0]
    issuer.away = True
    with pytest.raises(TryLater):
        await issuer.trusted(now).find("gateway", "gateway-1")


def test_a_written_key_is_for_its_owner_only_and_says_what_it_is_for(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    write_key(KEY, path, development=True)
    assert path.stat().st_mode & 0o077 == 0
    key, development = read_key(path)
    assert development and key.kid == "gateway-1"
    assert "d" not in public_jwks(key)["keys"][0]
