"""`python -m vip` is the `vip` command: it works where the environment was moved, too."""

from vip.cli import app

if __name__ == "__main__":
    app(prog_name="vip")
