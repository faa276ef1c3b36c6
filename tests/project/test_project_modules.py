"""Files of modules, and crates of files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from project_trees import RUSTC, crate, has_tool, load, package, write_tree

from closurelens.project.cfg import YES
from closurelens.project.model import CfgSet
from closurelens.project.modules import (
    ModuleFolder,
    PathAttribute,
    block_folder,
    crate_of_file,
    inline_folder,
    module_files,
    path_attributes,
    root_folder,
)
from closurelens.project.platform import DEFAULT_TRIPLE, platform_cfg

CFG = platform_cfg(DEFAULT_TRIPLE)


def candidates(folder: ModuleFolder, name: str, path: str | None = None) -> list[str]:
    return [file.path for file in module_files(folder, name, path)]


def test_children_of_a_root_and_of_a_mod_rs_are_siblings() -> None:
    root = root_folder("/p/src/main.rs")
    assert candidates(root, "a") == ["/p/src/a.rs", "/p/src/a/mod.rs"]
    assert candidates(root, "r#fn") == ["/p/src/fn.rs", "/p/src/fn/mod.rs"]
    file, folder = module_files(root, "a")
    assert candidates(file.folder, "b") == ["/p/src/a/b.rs", "/p/src/a/b/mod.rs"]
    assert candidates(folder.folder, "b") == ["/p/src/a/b.rs", "/p/src/a/b/mod.rs"]


def test_inline_modules_are_folders() -> None:
    root = root_folder("/p/src/lib.rs")
    inline = inline_folder(inline_folder(root, "a"), "r#mod")
    assert candidates(inline, "b") == ["/p/src/a/mod/b.rs", "/p/src/a/mod/b/mod.rs"]
    file = module_files(root, "x")[0]
    assert candidates(inline_folder(file.folder, "y"), "z") == ["/p/src/x/y/z.rs", "/p/src/x/y/z/mod.rs"]
    assert candidates(inline_folder(file.folder, "y", "other"), "z") == ["/p/src/other/z.rs", "/p/src/other/z/mod.rs"]


def test_a_path_is_relative_to_the_file_and_makes_its_children_siblings() -> None:
    file = module_files(root_folder("/p/src/lib.rs"), "x")[0]
    (named,) = module_files(file.folder, "y", "up/../y_unix.rs")
    assert named.path == "/p/src/y_unix.rs"
    assert candidates(named.folder, "z") == ["/p/src/z.rs", "/p/src/z/mod.rs"]
    inline = inline_folder(file.folder, "i")
    assert candidates(inline, "y", "q.rs") == ["/p/src/x/i/q.rs"]


def test_a_module_in_a_block_needs_a_path() -> None:
    block = block_folder(module_files(root_folder("/p/src/lib.rs"), "x")[0].folder)
    assert candidates(block, "y") == []
    assert candidates(block, "y", "z.rs") == ["/p/src/z.rs"]
    assert candidates(inline_folder(block, "i"), "y") == []
    assert candidates(inline_folder(block, "i"), "y", "z.rs") == ["/p/src/i/z.rs"]


def test_path_attributes() -> None:
    attributes = [
        "#[cfg(unix)]",
        '#[cfg_attr(windows, path = "w.rs")]',
        '#[cfg_attr(unix, path = "u.rs")]',
        '#[path="d.rs"]',
    ]
    assert path_attributes(attributes, CFG) == [PathAttribute("u.rs", YES)]
    assert path_attributes(attributes[:2], CFG) == []
    doubtful = CfgSet(frozenset(), {"unix": "unknown", "windows": "unknown"})
    assert [attribute.value for attribute in path_attributes(attributes, doubtful)] == ["w.rs", "u.rs", "d.rs"]


MODULES = {
    "src/lib.rs": """
        mod a;
        mod b;
        mod inline { mod c; #[path = "other.rs"] mod d; }
        #[path = "named/file.rs"] mod named;
        #[path = "thread"] mod t { mod local; }
        #[cfg_attr(unix, path = "unix.rs")] #[cfg_attr(windows, path = "windows.rs")] mod sys;
        fn f() { #[path = "block.rs"] mod block; mod i { #[path = "deep.rs"] mod deep; } }
    """,
    "src/a.rs": 'mod x; mod y { mod z; #[path = "p.rs"] mod p; } #[path = "sibling.rs"] mod s; '
    'fn f() { #[path = "a_block.rs"] mod q; }',
    "src/a/x/mod.rs": "mod deeper;",
    "src/a/x/deeper.rs": "",
    "src/a/y/z.rs": "",
    "src/a/y/p.rs": "",
    "src/a_block.rs": "",
    "src/sibling.rs": "mod of_sibling;",
    "src/of_sibling.rs": "",
    "src/b/mod.rs": "mod r#type;",
    "src/b/type.rs": "",
    "src/inline/c.rs": "",
    "src/inline/other.rs": "",
    "src/named/file.rs": "mod next;",
    "src/named/next.rs": "",
    "src/thread/local.rs": "",
    "src/unix.rs": "",
    "src/block.rs": "",
    "src/i/deep.rs": "",
}
ITEM = re.compile(r"((?:#\[[^\]]*\]\s*)*)(mod|fn) ([\w#]+)(?:\(\))?\s*([;{])|(\})")


def walk(root: str, files: dict[str, str]) -> set[str]:
    """Follow the declarations of `MODULES`, which are simple enough for a regular expression."""
    found = {root}
    work = [(root, root_folder(root))]
    while work:
        path, folder = work.pop()
        stack = [folder]
        for item in ITEM.finditer(files[path]):
            attributes, keyword, name, end, close = item.groups()
            if close:
                stack.pop()
                continue
            named = path_attributes(re.findall(r"#\[[^\]]*\]", attributes), CFG)
            value = named[0].value if named else None
            if keyword == "fn":
                stack.append(block_folder(stack[-1]))
            elif end == "{":
                stack.append(inline_folder(stack[-1], name, value))
            else:
                (file,) = (file for file in module_files(stack[-1], name, value) if file.path in files)
                found.add(file.path)
                work.append((file.path, file.folder))
    return found


def test_rustc_finds_the_same_files(tmp_path: Path) -> None:
    root = write_tree(tmp_path, MODULES)
    files = {f"{root}/{name}": text for name, text in MODULES.items()}
    ours = walk(f"{root}/src/lib.rs", files)
    assert ours == set(files)
    if not has_tool(RUSTC):
        return
    assert RUSTC is not None
    arguments = ["--crate-type=lib", "--edition=2021", "--emit=dep-info=deps.d", f"{root}/src/lib.rs"]
    subprocess.run([RUSTC, *arguments], cwd=root, check=True, capture_output=True)
    first = (tmp_path / "deps.d").read_text().splitlines()[0]
    assert set(first.partition(": ")[2].split()) == ours


OWNERS = {
    "Cargo.toml": package("app", '[workspace]\nmembers = ["inner"]\n[[bin]]\nname = "tool"\npath = "tools/t.rs"\n'),
    "build.rs": "",
    "src/lib.rs": "",
    "src/main.rs": "",
    "src/bin/one.rs": "",
    "src/bin/two/main.rs": "",
    "tools/t.rs": "",
    "tests/first.rs": "",
    "tests/second.rs": "",
    "tests/third/main.rs": "",
    "inner/Cargo.toml": package("inner"),
    "inner/src/lib.rs": "",
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/lib.rs", "lib:app"),
        ("src/main.rs", "bin:app"),
        ("src/some/module.rs", "lib:app bin:app"),
        ("src/bin/one.rs", "bin:one"),
        ("src/bin/one/helper.rs", "bin:one"),
        ("src/bin/two/helper.rs", "bin:two"),
        ("tools/helper.rs", "bin:tool"),
        ("tests/common/mod.rs", "test:first test:second"),
        ("tests/second/helper.rs", "test:second test:first"),
        ("tests/third/helper.rs", "test:third"),
        ("build.rs", "build-script:build_script_build"),
        ("generated/x.rs", "lib:app bin:app bin:one bin:tool bin:two build-script:build_script_build"),
        ("inner/src/x.rs", "lib:inner"),
        ("../elsewhere.rs", ""),
    ],
)
def test_owners_of_files(tmp_path: Path, path: str, expected: str) -> None:
    root = write_tree(tmp_path / "p", OWNERS)
    graph = load(root)
    assert graph.diagnostics == []
    full = f"{root}/{path}" if not path.startswith("..") else f"{root.rpartition('/')[0]}/elsewhere.rs"
    owners = crate_of_file(graph, full)
    assert " ".join(f"{owner.kind.value}:{owner.name}" for owner in owners) == expected


def test_a_root_of_two_crates_has_two_owners(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path, {"Cargo.toml": package("app", '[[bin]]\nname = "b"\npath = "src/lib.rs"\n'), "src/lib.rs": ""}
    )
    graph = load(root)
    owners = crate_of_file(graph, f"{root}/src/lib.rs")
    assert owners == [crate(graph, "app"), crate(graph, "b", "bin")]
