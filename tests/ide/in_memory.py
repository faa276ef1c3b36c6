"""Files that exist only in memory, as features see them."""

from functools import cache

from closurelens.ide.view import FileView, file_view
from closurelens.project.load import load_project
from closurelens.stdsig.database import StdDb
from closurelens.world import World

PATH = "/nowhere/case.rs"


@cache
def _std() -> StdDb:
    return StdDb.load()


def view_of(text: str) -> FileView:
    texts = {PATH: text.encode()}
    view = file_view(World(texts.get, load_project, _std()).snapshot(), PATH)
    assert view is not None
    return view


def with_cursor(marked: str) -> tuple[FileView, int]:
    """`$0` is the cursor; its offset counts bytes."""
    before, after = marked.split("$0")
    return view_of(before + after), len(before.encode())
