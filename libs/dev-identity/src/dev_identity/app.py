"""The issuer's few routes: discovery, keys, and a token for whoever asks. Only for development, only on loopback."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import FastAPI, Form
from fastapi.responses import JSONResponse
from joserfc.jwk import ECKey, KeySet

from dev_identity.settings import Settings
from dev_identity.tokens import ALGORITHM, issue

SUBJECT = re.compile(r"[a-z_]{1,32}:[A-Za-z0-9._-]{1,64}")
GRANT = "client_credentials"


def _refused(error: str, description: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": description}, status_code=400)


def create_app(settings: Settings, key: ECKey) -> FastAPI:
    """The issuer: whoever reaches it may be anybody, so it exists for development alone."""
    app = FastAPI(title="Development issuer", version="1", docs_url=None, redoc_url=None)
    uncached = {"Cache-Control": "no-store"}

    @app.get("/.well-known/openid-configuration")
    def discovery() -> dict[str, Any]:
        return {
            "issuer": settings.issuer,
            "jwks_uri": f"{settings.issuer}/jwks",
            "token_endpoint": f"{settings.issuer}/token",
            "grant_types_supported": [GRANT],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    @app.get("/jwks")
    def jwks() -> dict[str, Any]:
        return {**KeySet([key]).as_dict(private=False)}

    @app.post("/token")
    def token(grant_type: Annotated[str, Form()] = "", subject: Annotated[str, Form()] = "") -> JSONResponse:
        if grant_type != GRANT:
            return _refused("unsupported_grant_type", f"grant_type must be {GRANT}")
        if not SUBJECT.fullmatch(subject):
            return _refused("invalid_request", "subject must look like staff:100001 or client:<id>")
        signed = issue(settings, key, subject=subject, token_id=str(uuid4()), now=datetime.now(UTC))
        answer = {"access_token": signed, "token_type": "Bearer", "expires_in": settings.lifetime_s}
        return JSONResponse(answer, headers=uncached)

    @app.get("/livez")
    def livez() -> dict[str, str]:
        return {"status": "ok"}

    return app
