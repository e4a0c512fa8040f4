"""Tokens as a bank's OIDC provider would issue them: ES256, one audience, an hour of life."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from dev_identity.settings import Settings

ALGORITHM = "ES256"


def read_key(path: Path) -> ECKey:
    """The private P-256 key in a JWK file."""
    found = json.loads(path.read_text())
    # The mark by which production refuses such a key is no part of the key itself.
    found.pop("development", None)
    return ECKey.import_key(found)


def issue(settings: Settings, key: ECKey, *, subject: str, token_id: str, now: datetime) -> str:
    """A signed access token for the subject. It says who, never what or where: that is the registry's to say."""
    claims = {
        "iss": settings.issuer,
        "sub": subject,
        "aud": settings.audience,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=settings.lifetime_s)).timestamp()),
        "jti": token_id,
        "typ": "Bearer",
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=[ALGORITHM])
