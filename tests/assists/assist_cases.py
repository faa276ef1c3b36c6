"""Cases of assists, as `tests/README.md` describes them, and what rustc says to their texts."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from closurelens.ide.assists import ASSISTS, Assist, Offer, Refusal
from closurelens.ide.view import FileView, file_view
from closurelens.project.load import LoadSettings, load_project
from closurelens.project.model import CrateGraph, Edition
from closurelens.stdsig.database import StdDb
from closurelens.text import TextRange, apply_edits
from closurelens.world import World
from support.cases import BadCase, Block, Case, parse_cases

HERE = Path(__file__).resolve().parent
_PATH = "/nowhere/case.rs"
_STD = StdDb.load()


@dataclass(slots=True)
class AssistCase:
    """`before` holds the cursor as `$0`. Just one of `after` and `refused` is there, or neither: not offered."""

    case: Case
    before: Block
    after: Block | None = None
    refused: Block | None = None


@dataclass(slots=True)
class Told:
    """What an assist says; `after` is the text with its edits, also where it refuses them."""

    answer: Offer | Refusal | None
    after: str


def assist_of(path: Path) -> Assist:
    return next(assist for assist in ASSISTS if assist.id == path.stem)


def cases_of(path: Path) -> list[AssistCase]:
    return [_read(case) for case in parse_cases(path)]


def _read(case: Case) -> AssistCase:
    roles = {block.role: block for block in case.blocks}
    before = roles.pop("before", None) or roles.pop("nothing", None)
    if before is None or before.code.count("$0") != 1 or len(case.blocks) != len(roles) + 1:
        raise BadCase(f"{case.id}: one block `before` or `nothing`, with one cursor")
    after, refused = roles.pop("after", None), roles.pop("refused", None)
    if roles or (after is not None and refused is not None) or (before.role == "nothing") != (after is refused):
        raise BadCase(f"{case.id}: `before` has an `after` or a `refused`, `nothing` has neither")
    return AssistCase(case, before, after, refused)


def ask(assist: Assist, block: Block) -> Told:
    before, after = block.code.split("$0")
    view = _view(before + after, block.edition)
    at = len(before.encode())
    answer = assist.check(view, TextRange(at, at))
    starts = [c.range.start for c in view.closures() if c.range.start <= at <= c.range.end]
    target = answer.target if isinstance(answer, Offer) else starts[-1] if starts else -1
    return Told(answer, apply_edits(view.document.text, assist.edits(view, target)).decode())


def _view(text: str, edition: str) -> FileView:
    settings = LoadSettings(loose_edition=Edition(int(edition)))

    def load(path: str) -> CrateGraph:
        return load_project(path, settings)

    view = file_view(World({_PATH: text.encode()}.get, load, _STD).snapshot(), _PATH)
    assert view is not None
    return view


def errors_of(texts: list[tuple[str, str]], folder: Path) -> list[list[str]]:
    """rustc's errors (codes, or the first words of those without) for each (edition, text): all as modules of one crate
    per edition."""
    out: list[list[str]] = [[] for _ in texts]
    for edition in {edition for edition, _ in texts}:
        mine = [number for number, (e, _) in enumerate(texts) if e == edition]
        for number in mine:
            (folder / f"case{number}.rs").write_text(texts[number][1], "utf-8")
        root = folder / f"root{edition}.rs"
        root.write_text("#![allow(warnings)]\n" + "".join(f"mod case{number};\n" for number in mine), "utf-8")
        command = ["rustc", f"--edition={edition}", "--crate-type=lib", "--emit=metadata", "--error-format=json"]
        done = subprocess.run(
            [*command, "--out-dir", str(folder), str(root)], capture_output=True, text=True, timeout=120, check=False
        )
        for line in done.stderr.splitlines():
            told = json.loads(line)
            where = next((span["file_name"] for span in told["spans"] if span["is_primary"]), None)
            if told["level"] == "error" and where is not None:
                out[int(Path(where).stem.removeprefix("case"))].append(_code(told))
    return [sorted(errors) for errors in out]


def _code(told: dict[str, object]) -> str:
    code = told["code"]
    return str(code["code"]) if isinstance(code, dict) else str(told["message"]).replace("`", "").replace(",", "")


def write(path: Path, folder: Path) -> None:
    """Fills a file of cases in with what the assist and rustc say now: read the difference."""
    assist = assist_of(path)
    cases = parse_cases(path)
    blocks = [next(b for b in case.blocks if b.role in ("before", "nothing")) for case in cases]
    told = [ask(assist, block) for block in blocks]
    texts = [(b.edition, b.code.replace("$0", "")) for b in blocks]
    texts += [(b.edition, t.after) for b, t in zip(blocks, told, strict=True)]
    errors = errors_of(texts, folder)
    head = path.read_text("utf-8").split("\n## ")[0]
    parts = [head]
    for number, (case, block, said) in enumerate(zip(cases, blocks, told, strict=True)):
        edition = f", edition: {block.edition}" if block.edition != "2021" else ""
        broken = f", errors: {' '.join(errors[number])}" if errors[number] else ""
        role = "nothing" if said.answer is None else "before"
        parts.append(f"\n## {case.heading}\n\n{role}{edition}{broken}\n```rust\n{block.code}```\n")
        after = errors[len(cases) + number]
        if isinstance(said.answer, Offer):
            left = f", errors: {' '.join(after)}" if after else ""
            parts.append(f"\nafter{left}\n```rust\n{said.after}```\n")
        elif isinstance(said.answer, Refusal):
            would = f", errors: {' '.join(after)}" if after else ""
            parts.append(f"\nrefused{would}\n```text\n{said.answer.reason}\n```\n")
    path.write_text("".join(parts), "utf-8")


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        write(Path(sys.argv[1]), Path(scratch))
