"""The documentation portal: an offline Swagger UI, a selector for service and language, no script in the page itself."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import fastapi_offline
from chassis.texts import Language, Text, negotiate

from gateway.documents import merged
from gateway.exchange import Exchange, Fields
from gateway.routes import OWN, read_contract

DOCS = "/docs"
DOCUMENT = "/openapi.json"
_ASSETS = Path(fastapi_offline.__file__).parent / "static"
_HERE = Path(__file__).parent / "portal_files"
_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
_FILES = {
    f"{DOCS}": (_HERE / "index.html", b"text/html; charset=utf-8"),
    f"{DOCS}/portal.js": (_HERE / "portal.js", b"text/javascript; charset=utf-8"),
    f"{DOCS}/portal.css": (_HERE / "portal.css", b"text/css; charset=utf-8"),
    f"{DOCS}/swagger-ui-bundle.js": (_ASSETS / "swagger-ui-bundle.js", b"text/javascript; charset=utf-8"),
    f"{DOCS}/swagger-ui.css": (_ASSETS / "swagger-ui.css", b"text/css; charset=utf-8"),
    f"{DOCS}/favicon.png": (_ASSETS / "favicon.png", b"image/png"),
}
_ALL = Text(en="Everything", zh="全部接口")


def documents_in(contracts_dir: Path, services: Mapping[str, Any], language: Language) -> dict[str, dict[str, Any]]:
    """The services' committed documents in one language. Raises `ContractBroken` for one that is missing."""
    suffix = "" if language is Language.EN else f".{language.value}"
    return {service: read_contract(contracts_dir, f"{service}{suffix}") for service in services}


class Portal:
    """Everything under `/docs`, and `/openapi.json?language=…&service=…`. All of it is read once, at the start."""

    def __init__(self, contracts_dir: Path, services: Mapping[str, Any]) -> None:
        self._files = {path: (file.read_bytes(), kind) for path, (file, kind) in _FILES.items()}
        self._documents: dict[tuple[str, Language], bytes] = {}
        for language in Language:
            documents = documents_in(contracts_dir, services, language)
            everything = {OWN: merged(documents, language), **documents}
            for name, document in everything.items():
                self._documents[(name, language)] = json.dumps(document, ensure_ascii=False).encode()
        choices = [{"name": OWN, "en": _ALL.en, "zh": _ALL.zh}, *({"name": name} for name in services)]
        self._files[f"{DOCS}/services.json"] = (json.dumps(choices, ensure_ascii=False).encode(), b"application/json")

    def has(self, path: str) -> bool:
        """Whether a path is the portal's."""
        return path == DOCUMENT or path in self._files

    async def answer(self, exchange: Exchange) -> None:
        """The file or document; an unknown service is answered with everything there is."""
        if exchange.path != DOCUMENT:
            content, kind = self._files[exchange.path]
            await exchange.answer(200, content, media_type=kind, fields=[_POLICY, (b"cache-control", b"max-age=300")])
            return
        given = parse_qs(exchange.query)
        said = given.get("language", [""])[0] or exchange.headers.get("accept-language")
        language = negotiate(said)
        service = given.get("service", [OWN])[0]
        content = self._documents.get((service, language)) or self._documents[(OWN, language)]
        fields: Fields = [
            (b"content-language", language.value.encode()),
            (b"vary", b"accept-language"),
            (b"cache-control", b"max-age=60"),
        ]
        await exchange.answer(200, content, media_type=b"application/json", fields=fields)
