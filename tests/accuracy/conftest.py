"""Prints the figures of the accuracy tests at the end of the run, wherever they ran."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.getreports(kind) if r.when == "call"]
    lines = [text for report in reports for name, text in report.user_properties if name == "accuracy"]
    if lines:
        terminalreporter.section("accuracy")
        for line in lines:
            terminalreporter.write_line(line)
