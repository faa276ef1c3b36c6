"""`python -m closurelens`: the command line, for who has an interpreter and not its scripts on the path."""

import sys

from closurelens.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
