"""Commands for whoever checks what the house gave out."""

from pathlib import Path
from typing import Annotated

import typer

from vip.asking import AsJson
from vip.evidence import NoEvidence, verify_evidence
from vip.telling import Teller


def verify_evidence_(
    file: Annotated[Path, typer.Argument(help="The zip that the evidence export gave.")], as_json: AsJson = False
) -> None:
    """Check a package of evidence: hashes and audit links. 0: whole, 1: something is wrong, 2: it is no such package."""
    teller = Teller(as_json=as_json)
    try:
        found = verify_evidence(file)
    except NoEvidence as no:
        teller.result({"sound": False, "wrong": [str(no)]})
        teller.say(str(no))
        raise typer.Exit(2) from None
    teller.result(
        {
            "sound": not found.wrong, "client_id": found.client_id, "as_of": found.as_of, "files": found.files,
            "audit_rows": found.rows, "unsealed": found.unsealed, "wrong": found.wrong,
        }
    )  # fmt: skip
    for wrong in found.wrong:
        teller.say(wrong)
    teller.say(
        f"{found.files} files and {found.rows} audit rows about client {found.client_id} as of {found.as_of}: "
        + (f"{len(found.wrong)} things are wrong." if found.wrong else "everything fits.")
    )
    if found.unsealed:
        teller.say(f"{found.unsealed} rows were not sealed yet; only their file's hash speaks for them.")
    if found.wrong:
        raise typer.Exit(1)
