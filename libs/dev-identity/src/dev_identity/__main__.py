"""`python -m dev_identity`: the development issuer, which starts only where the environment says development."""

import sys

import uvicorn
from pydantic import ValidationError

from dev_identity.app import create_app
from dev_identity.settings import Settings
from dev_identity.tokens import read_key


def main() -> int:
    try:
        settings = Settings()
    except ValidationError as refused:
        names = ", ".join(f"DEV_IDENTITY_{error['loc'][0]}".upper() for error in refused.errors())
        sys.stderr.write(
            f"The development issuer does not start: check {names}. It gives a token to anybody who asks, so it runs "
            "only with DEV_IDENTITY_ENVIRONMENT=development; everywhere else use the bank's own OIDC provider.\n"
        )
        return 2
    app = create_app(settings, read_key(settings.key_file))
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
