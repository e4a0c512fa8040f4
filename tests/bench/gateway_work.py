"""The gateway before one and the same upstream: a bare proxy, and ours with token check and limits."""

import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from ground import Ground
from joserfc import jwt
from joserfc.jwk import ECKey
from measuring import Measure, Reading
from vip.places import SERVICES, project_root
from vip.processes import Child, free_port

AUDIENCE = "vip-platform"


class PassingOn:
    """GET of one client file through each."""

    def __init__(self, ground: Ground, proxy: tuple[str, Child], gateway: tuple[str, Child], token: str) -> None:
        self._ground, self._proxy, self._gateway = ground, proxy, gateway
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    async def floor(self) -> Reading:
        return await self._read(*self._proxy)

    async def ours(self) -> Reading:
        return await self._read(*self._gateway)

    async def _read(self, at: str, child: Child) -> Reading:
        urls = [f"{at}/v1/clients/{UUID(int=7)}"]
        served = await self._ground.serve(child, "GET", urls, self._headers)
        alone = await self._ground.load("GET", urls, self._headers, connections=1, seconds=0.5)
        return Reading(served.value, {**served.notes, "p50 alone ms": alone["p50_ms"]})


def _token(key: ECKey) -> str:
    now = int(time.time())
    claims = {"iss": "bench", "aud": AUDIENCE, "sub": "staff:1001", "iat": now, "nbf": now, "exp": now + 3600}
    return jwt.encode({"alg": "ES256", "kid": str(key.kid)}, claims, key, algorithms=["ES256"])


def _published(key: ECKey, folder: Path) -> Path:
    path = folder / "issuer-keys.json"
    path.write_text(json.dumps({"keys": [{**key.as_dict(private=False), "kid": "bench", "use": "sig"}]}))
    return path


@asynccontextmanager
async def passing_on(ground: Ground) -> AsyncIterator[PassingOn]:
    key = ECKey.generate_key("P-256", {"kid": "bench"})
    keys = _published(key, ground.folder)
    async with ground.floor_app("upstream", str(keys)) as (upstream, _), ground.floor_app("proxy", upstream) as proxy:
        public, internal = free_port(), free_port()
        settings = {
            "environment": "development",
            "public_port": str(public),
            "internal_port": str(internal),
            "registry_url": upstream,
            "upstreams": json.dumps(dict.fromkeys(SERVICES, upstream)),
            "issuer": "bench",
            "issuer_jwks_url": f"{upstream}/jwks",
            "audience": AUDIENCE,
            "contracts_dir": str(project_root() / "contracts"),
            "signing_key_file": str(ground.signing_key_file),
            "requests_per_minute": "100000000",
        }
        env = {**os.environ, **{f"GATEWAY_{name.upper()}": value for name, value in settings.items()}}
        async with ground.process("-m", "gateway", env=env, ready_url=f"http://127.0.0.1:{internal}/readyz") as child:
            yield PassingOn(ground, proxy, (f"http://127.0.0.1:{public}", child), _token(key))


MEASURES = (
    Measure(
        name="gateway", work="gateway, same upstream", goal="≥ 0.6, added p50 < 1 ms", least=0.6, prepare=passing_on,
        rounds=5,
    ),
)  # fmt: skip
