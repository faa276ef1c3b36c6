"""`closurelens captures`: the closures of files and folders."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from closurelens.cli import main as status
from closurelens.cli.inputs import Trouble, find
from closurelens.cli.session import settings_of


def captures(options: argparse.Namespace) -> int:
    inputs, troubles = find(options.paths)
    settings = settings_of(options)
    if options.engine == "rustc":
        from closurelens.cli.rustc import ask

        answers = ask(inputs, settings, options)
    else:
        from closurelens.cli.instant import analyse

        answers = analyse(inputs, settings, jobs=options.jobs)
    files = [answer for answer in answers if not isinstance(answer, Trouble)]
    troubles += [answer for answer in answers if isinstance(answer, Trouble)]
    report: dict[str, Any] = {"schema": 1, "files": files}
    if options.format == "json":
        sys.stdout.write(json.dumps(report, separators=(",", ":")) + "\n")
    else:
        from closurelens.cli.text import print_report

        print_report(report)
    sys.stdout.flush()
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    return status.TROUBLE if troubles else status.OK
