"""What the extension for VS Code declares is what the server knows."""

import json

from run import ROOT

from closurelens.lsp.configuration import _OF_CLIENTS, SETTINGS, Settings


def test_settings_of_the_extension() -> None:
    package = json.loads((ROOT / "editors/vscode/package.json").read_text())
    declared = package["contributes"]["configuration"]["properties"]
    ours = {name.removeprefix("closurelens."): value for name, value in declared.items()}
    defaults = Settings()
    for name, (part, field) in SETTINGS.items():
        assert ours.pop(name)["default"] is getattr(getattr(defaults, part), field), name
    assert set(ours) <= set(_OF_CLIENTS)
    assert all("description" in value or "markdownDescription" in value for value in declared.values())


def test_commands_of_the_extension() -> None:
    package = json.loads((ROOT / "editors/vscode/package.json").read_text())
    code = (ROOT / "editors/vscode/extension.js").read_text()
    for command in package["contributes"]["commands"]:
        assert f"`${{ID}}.{command['command'].removeprefix('closurelens.')}`" in code
