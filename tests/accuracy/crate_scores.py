"""Prints how right `closurelens captures` is about whole crates: `python tests/accuracy/crate_scores.py [CRATE ...]`.

`--show N` prints wrong answers. `--set-floors` writes the figures, rounded down, into floors.toml. The crates' sources
are fetched into target/published.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from scoring import NAMES, Score, score

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FLOORS = HERE / "floors.toml"
TOTAL = "total"


def crates() -> list[str]:
    return sorted(path.stem for path in (HERE / "oracle").glob("*.json"))


def oracle_of(crate: str) -> dict[str, Any]:
    oracle: dict[str, Any] = json.loads((HERE / "oracle" / f"{crate}.json").read_text("utf-8"))
    return oracle


def source_of(oracle: dict[str, Any]) -> Path:
    """The folder of the crate's published source, fetched where it is not there yet."""
    tool = ROOT / "server" / "tools" / "published.py"
    done = subprocess.run(
        [sys.executable, str(tool), f"{oracle['crate']}@{oracle['version']}"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Path(done.stdout.strip())


def report_of(folder: Path, features: str, cache: str = "") -> dict[str, Any]:
    """What the command line says of a crate. Raises CalledProcessError with its output on stderr.

    `cache` is the folder of the index of dependencies; without one their sources are read, which for a crate that is
    looked at once is faster.
    """
    argv = [sys.executable, "-m", "closurelens.cli.main", "captures", "--format", "json"]
    if features:
        argv += ["--features", features]
    env = {**os.environ, "CLOSURELENS_CACHE_DIR": cache}
    done = subprocess.run([*argv, "."], cwd=folder, env=env, check=True, stdout=subprocess.PIPE, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def score_of(crate: str) -> Score:
    oracle = oracle_of(crate)
    return score(oracle, report_of(source_of(oracle), oracle["features"]))


def floors() -> dict[str, dict[str, float]]:
    """By crate, and `total`: the least percentage of each figure."""
    return tomllib.loads(FLOORS.read_text("utf-8"))


def write_floors(scores: dict[str, Score]) -> None:
    lines = [
        "# The least percentages that `closurelens captures` must reach; written by crate_scores.py --set-floors.\n"
    ]
    for crate, told in scores.items():
        lines.append(f"\n[{crate}]\n")
        lines += [f"{name} = {math.floor(told.percent(name) * 10) / 10}\n" for name in NAMES]
    FLOORS.write_text("".join(lines), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("crates", nargs="*", default=crates())
    parser.add_argument("--show", type=int, default=0, help="print the first N wrong answers of each crate")
    parser.add_argument("--set-floors", action="store_true")
    args = parser.parse_args()
    scores: dict[str, Score] = {}
    total = Score()
    for crate in args.crates:
        scores[crate] = score_of(crate)
        total.merge(scores[crate])
        print(f"{crate:20} {scores[crate]}", flush=True)
        for line in scores[crate].wrong[: args.show]:
            print(f"  {line}")
    print(f"{TOTAL:20} {total}")
    if args.set_floors:
        write_floors({TOTAL: total} | scores)
    return 0


if __name__ == "__main__":
    sys.exit(main())
