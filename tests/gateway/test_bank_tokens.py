"""The list of tokens that prove nothing, and what a good one proves."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from gateway.bank_tokens import IssuerKeys, bank_tokens
from gateway.refusals import BankTokenRefused, IssuerAway
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from .conftest import CLIENT, ISSUER, TELLER, House, bank_token

KEY = ECKey.generate_key("P-256", {"kid": "bank-1", "use": "sig"})
OTHER = ECKey.generate_key("P-256", {"kid": "bank-1", "use": "sig"})
RSA = RSAKey.generate_key(2048, {"kid": "bank-rsa", "use": "sig"})
NOW = int(time.time())
GOOD: dict[str, Any] = {"iss": ISSUER, "sub": TELLER, "aud": "vip-platform", "iat": NOW, "exp": NOW + 86_400}


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(alg: str) -> str:
    return f"{_part({'alg': alg, 'kid': 'bank-1'})}.{_part(GOOD)}."


def confused() -> str:
    """An HMAC made with the public key's own text."""
    public = json.dumps(KEY.as_dict(private=False)).encode()
    header = {"alg": "HS256", "kid": "bank-1"}
    return jws.serialize_compact(header, json.dumps(GOOD), OctKey.import_key(public), algorithms=["HS256"])


def with_header(**more: Any) -> str:
    """A genuine signature over a header we do not take."""
    signed = f"{_part({'alg': 'ES256', 'kid': 'bank-1', **more})}.{_part(GOOD)}"
    signature = jws.JWSRegistry.algorithms["ES256"].sign(signed.encode(), KEY)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def tampered() -> str:
    head, _, signature = bank_token(KEY, GOOD).split(".")
    return f"{head}.{_part({**GOOD, 'sub': 'staff:999999'})}.{signature}"


REFUSED = {
    "nothing": "",
    "words": "not a token",
    "three empty parts": "..",
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "no algorithm": f"{_part({'kid': 'bank-1'})}.{_part(GOOD)}.c2ln",
    "HMAC with the public key": confused(),
    "another key of the same id": bank_token(OTHER, GOOD),
    "unknown key id": bank_token(KEY, GOOD, {"kid": "bank-9"}),
    "RSA algorithm over an EC key": f"{_part({'alg': 'RS256', 'kid': 'bank-1'})}.{_part(GOOD)}.c2ln",
    "EC algorithm over an RSA key": f"{_part({'alg': 'ES256', 'kid': 'bank-rsa'})}.{_part(GOOD)}.c2ln",
    "changed claims": tampered(),
    "its own key": with_header(jwk=KEY.as_dict(private=False)),
    "a key address": with_header(jku="https://evil.test/jwks"),
    "a certificate address": with_header(x5u="https://evil.test/cert"),
    "critical unknown": with_header(crit=["x"], x="y"),
    "another type": with_header(typ="vip-internal+jwt"),
    "another issuer": bank_token(KEY, {**GOOD, "iss": "https://evil.test"}),
    "no issuer": bank_token(KEY, {k: v for k, v in GOOD.items() if k != "iss"}),
    "another audience": bank_token(KEY, {**GOOD, "aud": "payments"}),
    "no audience": bank_token(KEY, {k: v for k, v in GOOD.items() if k != "aud"}),
    "expired": bank_token(KEY, {**GOOD, "exp": NOW - 1}),
    "no end": bank_token(KEY, {k: v for k, v in GOOD.items() if k != "exp"}),
    "an end in words": bank_token(KEY, {**GOOD, "exp": "9999999999"}),
    "not yet valid": bank_token(KEY, {**GOOD, "nbf": NOW + 86_000}),
    "an ID token": bank_token(KEY, {**GOOD, "typ": "ID"}),
    "no subject": bank_token(KEY, {k: v for k, v in GOOD.items() if k != "sub"}),
    "a system": bank_token(KEY, {**GOOD, "sub": "system:gateway"}),
    "a subject with a path": bank_token(KEY, {**GOOD, "sub": "staff:../client:1"}),
    "too long": bank_token(KEY, {**GOOD, "padding": "x" * 20_000}),
}  # fmt: skip


class Issuer:
    def __init__(self, *keys: Any) -> None:
        self.keys, self.asked, self.away = keys, 0, False

    async def __call__(self, url: str) -> Mapping[str, Any]:
        self.asked += 1
        if self.away:
            raise OSError("away")
        return KeySet(list(self.keys)).as_dict(private=False)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("token", REFUSED.values(), ids=list(REFUSED))
async def test_a_token_of_the_list_proves_nothing(token: str) -> None:
    tokens = bank_tokens(ISSUER, "vip-platform", ["ES256", "RS256"], IssuerKeys("u", Issuer(KEY, RSA)))
    with pytest.raises(BankTokenRefused):
        await tokens.subject_of(token)


@pytest.mark.parametrize("subject", [TELLER, f"client:{CLIENT}"])
async def test_a_good_token_proves_who_calls(subject: str) -> None:
    tokens = bank_tokens(ISSUER, "vip-platform", ["ES256"], IssuerKeys("u", Issuer(KEY)))
    assert await tokens.subject_of(bank_token(KEY, {**GOOD, "sub": subject, "aud": ["x", "vip-platform"]})) == subject


async def test_a_verified_token_is_remembered_for_twenty_seconds_and_never_past_its_end() -> None:
    clock = Clock()
    tokens = bank_tokens(ISSUER, "vip-platform", ["ES256"], IssuerKeys("u", Issuer(KEY)), clock)
    long, short = bank_token(KEY, GOOD), bank_token(KEY, {**GOOD, "exp": int(time.time()) + 5})
    for token in (long, short):
        await tokens.subject_of(token)
    clock.now += 6
    assert tokens.verified.get(long) == TELLER
    assert tokens.verified.get(short) is None
    clock.now += 15
    assert tokens.verified.get(long) is None


async def test_an_unknown_key_id_asks_the_issuer_again_but_not_for_every_token() -> None:
    issuer, clock = Issuer(KEY), Clock()
    keys = IssuerKeys("u", issuer, monotonic=clock)
    assert await keys.find("bank-1") is not None
    for _ in range(5):
        assert await keys.find("bank-2") is None
    assert issuer.asked == 1
    issuer.keys = (KEY, ECKey.generate_key("P-256", {"kid": "bank-2"}))
    clock.now += 31
    assert await keys.find("bank-2") is not None


async def test_a_withdrawn_key_ends_and_a_failed_fetch_keeps_the_others() -> None:
    issuer, clock = Issuer(KEY, RSA), Clock()
    keys = IssuerKeys("u", issuer, monotonic=clock)
    assert await keys.find("bank-rsa") is not None
    issuer.away = True
    clock.now += 400
    assert await keys.find("bank-rsa") is not None
    issuer.away, issuer.keys = False, (KEY,)
    clock.now += 31
    assert await keys.find("bank-rsa") is None


async def test_without_any_key_nobody_can_be_recognised() -> None:
    issuer = Issuer(KEY)
    issuer.away = True
    with pytest.raises(IssuerAway):
        await IssuerKeys("u", issuer, monotonic=Clock()).find("bank-1")


async def test_a_symmetric_key_in_the_issuers_set_is_never_taken() -> None:
    async def fetch(url: str) -> Mapping[str, Any]:
        return {
            "keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "bank-oct"}, KEY.as_dict(private=False)]
        }

    keys = IssuerKeys("u", fetch)
    assert await keys.find("bank-oct") is None
    assert await keys.find("bank-1") is not None


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Basic c3RhZmY6MQ==", "Bearer x.y.z", "bearer"])
async def test_at_the_door_a_bad_token_is_refused_and_the_query_is_not_looked_at(
    house: House, authorization: str
) -> None:
    answer = await house.ask(
        "GET", f"/v1/cards/1?access_token={house.token()}", by=None, headers={"Authorization": authorization}
    )
    assert (answer.status, answer.code, answer.headers["WWW-Authenticate"]) == (401, "token.refused", "Bearer")
    assert not house.cards.seen


async def test_two_credentials_are_no_credential(house: House) -> None:
    headers = [("Authorization", f"Bearer {house.token()}"), ("Authorization", f"Bearer {house.token()}")]
    async with house.http.get(f"{house.url}/v1/cards/1", headers=headers) as response:
        assert response.status == 401
