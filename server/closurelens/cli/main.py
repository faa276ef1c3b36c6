"""What the command line understands, and which command runs.

Exit status: 0 all is well, 1 there is nothing to tell (`explain`), 2 wrong usage or a file that could not be read.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence

OK = 0
NOTHING = 1
TROUBLE = 2

EDITIONS = ("2015", "2018", "2021", "2024")

_CAPTURES = """\
Tell what every closure captures, how, and which of Fn, FnMut and FnOnce its body allows.

PATH is a Rust file or a folder; of a folder, every .rs file below it counts, except in `target`. Nothing in the
folder is executed unless you say `--engine rustc`."""

_JSON = """\
JSON: {"schema": 1, "files": [{"path", "edition", "closures": [{"start", "end", "line", "column", "move", "trait",
"kind", "certain", "captures": [{"variable", "fields", "place", "mode", "certain", "type", "uses": [{"line", "column",
"why"}]}]}]}]}. `start` and `end` are bytes from the start of the file; `line` and `column` count from 1, and columns
count bytes. `trait` is what the body allows, `kind` what the closure's context makes of it: a guess or null where
there is a "kind_reason". `mode` is ref, uniq (through a `&mut` that is not itself mutable), mut, copy or move. `type`
is null where it is not known. Where the trait or a capture is not certain there are "certain": false and a "reason";
code that `cfg` switches off has "cfg_off": true."""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="closurelens", description="Explains Rust closures: what they capture, how, and why."
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    captures = commands.add_parser(
        "captures",
        help="what closures capture",
        description=_CAPTURES,
        epilog=_JSON,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    captures.add_argument("paths", nargs="+", metavar="PATH", help="a Rust file or a folder")
    captures.add_argument("--format", choices=("text", "json"), default="text", help="for people (text) or programs")
    captures.add_argument(
        "--engine",
        choices=("instant", "rustc"),
        default="instant",
        help="instant: our own analysis, runs nothing; rustc: compile the code (build scripts and macros run)",
    )
    captures.add_argument("--jobs", type=_jobs, default=None, metavar="N", help="processes to use (all cores)")
    _add_build_options(captures)

    explain = commands.add_parser("explain", help="all about the closure at a place")
    explain.add_argument("place", metavar="FILE:LINE[:COL]", help="line and column count from 1, columns in bytes")
    _add_build_options(explain)

    lsp = commands.add_parser("lsp", help="run the language server (on standard input and output)")
    lsp.add_argument("--tcp", metavar="HOST:PORT", help="listen on a socket")
    lsp.add_argument("--stdio", action="store_true", help="the default; for editors that say it")
    return top


def _add_build_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--edition", choices=EDITIONS, help="of files that belong to no package (2021)")
    command.add_argument("--features", action="append", default=[], metavar="F,..", help="features to switch on")
    command.add_argument("--all-features", action="store_true")
    command.add_argument("--no-default-features", action="store_true")


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a number from 1 on")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    top = parser()
    options = top.parse_args(argv)
    if options.version:
        from importlib.metadata import version

        print(f"closurelens {version('closurelens')}")
        return OK
    try:
        status = _run(top, options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return 130
    return status


def run() -> int:
    """`main` for a process that ends with it: what is left then need not be searched for garbage, which would take
    as long as a second where large crates were read."""
    status = main()
    gc.freeze()
    return status


def _run(top: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    match options.command:
        case "captures":
            from closurelens.cli.captures import captures

            return captures(options)
        case "explain":
            from closurelens.cli.explain import explain

            return explain(options)
        case "lsp":
            from closurelens.cli.lsp import lsp

            return lsp(options.tcp)
        case _:
            top.print_help(sys.stderr)
            return TROUBLE


if __name__ == "__main__":
    sys.exit(run())
