"""`python -m gateway` serves; `python -m gateway openapi --language en` prints the merged document."""

import argparse
import json
import sys
from pathlib import Path

from chassis.texts import Language
from pydantic import ValidationError

from gateway.documents import merged
from gateway.portal import documents_in
from gateway.routes import ContractBroken
from gateway.serving import run
from gateway.settings import GatewaySettings

SERVICES = ("client-registry", "card-service", "complaint-service", "engagement-service")


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 after a stop that was asked for, 2 where the gateway cannot start as it is set."""
    parser = argparse.ArgumentParser(prog="python -m gateway")
    words = parser.add_subparsers(dest="word")
    words.add_parser("api", help="serve (as without a word)")
    printing = words.add_parser("openapi", help="print the merged OpenAPI document")
    printing.add_argument("--language", choices=[language.value for language in Language], default=Language.EN.value)
    printing.add_argument("--contracts", type=Path, required=True, help="the folder with openapi/<service>.json")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.word == "openapi":
            language = Language(chosen.language)
            document = merged(documents_in(chosen.contracts, dict.fromkeys(SERVICES), language), language)
            json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
            sys.stdout.write("\n")
        else:
            run(GatewaySettings())
    except ValidationError as refused:
        names = ", ".join(sorted({f"GATEWAY_{error['loc'][0]}".upper() for error in refused.errors() if error["loc"]}))
        reasons = "; ".join(error["msg"] for error in refused.errors())
        sys.stderr.write(f"The gateway does not start: check {names or 'its settings'} ({reasons}).\n")
        return 2
    except ContractBroken as broken:
        sys.stderr.write(f"The gateway does not start: {broken}. `make contracts` writes the contracts anew.\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
