"""Mutants of the tier rules: what share of them the hand-worked table and its neighbours kill (`make mutants`).

The two files are copied into a folder of their own with the tests that need no database, so that neither a conftest nor
the installed package stands in the way. Fails below the floor.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "services" / "client-registry" / "src" / "client_registry"
TESTS = ROOT / "tests" / "client-registry"
MUTATED = ("domain/policies.py", "domain/figures.py")
KEPT = ("domain", "reference", "store", "tables")
FLOOR_PERCENT = 90
CONFIG = """[mutmut]
source_paths=src
only_mutate={files}

[tool:pytest]
testpaths = tests
markers = requirement(*ids): the catalogue's requirements that this test proves
"""


def stage(folder: Path) -> None:
    """The package's inner layers, the pure tests and a configuration."""
    for name in KEPT:
        shutil.copytree(PACKAGE / name, folder / "src" / "client_registry" / name)
    shutil.copy(PACKAGE / "__init__.py", folder / "src" / "client_registry")
    (folder / "tests").mkdir()
    shutil.copy(TESTS / "hand_worked.py", folder / "tests")
    text = (TESTS / "test_tier_rules.py").read_text(encoding="utf-8")
    (folder / "tests" / "test_tier_rules.py").write_text(text.replace("from .hand_worked", "from hand_worked"))
    files = "\n ".join(f"src/client_registry/{name}" for name in MUTATED)
    (folder / "setup.cfg").write_text(CONFIG.format(files=files), encoding="utf-8")


def main() -> int:
    """0 where enough mutants were killed; the survivors are listed either way."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name)
        stage(folder)
        mutmut = Path(sys.executable).with_name("mutmut")
        run = subprocess.run(
            [mutmut, "run", "--max-children", "2"], cwd=folder, capture_output=True, text=True, check=False
        )
        told = re.findall(r"(\d+)/(\d+)\s+🎉 (\d+)", run.stdout)
        if not told or told[-1][0] != told[-1][1]:
            print(run.stdout[-2000:], run.stderr[-2000:], sep="\n")
            return 1
        total, killed = int(told[-1][1]), int(told[-1][2])
        survivors = subprocess.run([mutmut, "results"], cwd=folder, capture_output=True, text=True, check=False)
        print(survivors.stdout)
        print(f"{killed} of {total} mutants killed: {killed * 100 / total:.1f} % (floor {FLOOR_PERCENT} %)")
        return 0 if killed * 100 >= FLOOR_PERCENT * total else 1


if __name__ == "__main__":
    sys.exit(main())
