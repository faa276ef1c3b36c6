"""Makes `support` importable from every test, and prints the accuracy tests' figures at the end, wherever they ran.

With CLOSURELENS_REQUIRE_ALL=1 a skipped test is a failed one.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from typing import Any

import pytest

_CACHE = "CLOSURELENS_CACHE_DIR"
_OWN_CACHE = None if _CACHE in os.environ else tempfile.mkdtemp(prefix="closurelens-tests-")
os.environ.setdefault(_CACHE, _OWN_CACHE or "")
"""Tests leave the user's index of dependencies alone; parallel runs share one, as they inherit the variable."""


def pytest_unconfigure() -> None:
    if _OWN_CACHE is not None:
        shutil.rmtree(_OWN_CACHE, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, pytest.TestReport]:
    report: pytest.TestReport = yield
    if report.skipped and os.environ.get("CLOSURELENS_REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but nothing may be: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.getreports(kind) if r.when == "call"]
    lines = [text for report in reports for name, text in report.user_properties if name == "accuracy"]
    if lines:
        terminalreporter.section("accuracy")
        for line in lines:
            terminalreporter.write_line(line)
