"""Cargo's configuration files as far as they change what is compiled: target, `--cfg` flags, replaced sources.

Invariant: a setting that is not understood changes nothing but is reported. Environment variables are not looked at
here: `load` knows those that name folders.
"""

from __future__ import annotations

from collections.abc import Iterable

from closurelens.project import paths
from closurelens.project.cfg import evaluate, parse_predicate
from closurelens.project.manifest import DependencySpec, patches_of
from closurelens.project.model import CfgOption, CfgSet, Problem
from closurelens.project.tomltext import Table, TomlText, strings, table_at
from closurelens.records import dataclass, field


@dataclass(slots=True, eq=True)
class SourceReplacement:
    """One `[source.<name>]`; `directory` is absolute."""

    replace_with: str | None = None
    directory: str | None = None
    git: str | None = None


@dataclass(slots=True)
class CargoConfig:
    """`target_rustflags` are by triple or `cfg(...)` as written; `patches` are of `[patch]`, the nearest first.

    `target_dir` is absolute, `build_dir` as it is written: it may have `{..}` in it.
    """

    build_target: str | None = None
    target_dir: str | None = None
    build_dir: str | None = None
    rustflags: tuple[str, ...] = ()
    target_rustflags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sources: dict[str, SourceReplacement] = field(default_factory=dict)
    patches: tuple[DependencySpec, ...] = ()

    def directory_for(self, source: str) -> str | None:
        """The vendor folder that replaces a source (`crates-io`, or a name or git URL), through any chain."""
        name: str | None = source
        if source not in self.sources:
            name = next((key for key, entry in self.sources.items() if entry.git == source), None)
        for _ in range(len(self.sources)):
            entry = self.sources.get(name) if name is not None else None
            if entry is None:
                return None
            if entry.directory is not None:
                return entry.directory
            name = entry.replace_with
        return None

    def flags_for(self, triple: str, platform: CfgSet) -> tuple[str, ...]:
        """What rustc gets for crates of `triple`: `target.*.rustflags` if there are any, else `build.rustflags`."""
        flags: list[str] = []
        for key, more in self.target_rustflags.items():
            if key == triple or (
                key.startswith("cfg(") and evaluate(parse_predicate(key[4:].removesuffix(")")), platform).holds
            ):
                flags.extend(more)
        return tuple(flags) or self.rustflags


def parse_config(toml: TomlText) -> CargoConfig:
    """`toml.path` is `<folder>/.cargo/config.toml`; relative folders are meant from `<folder>`."""
    base = paths.parent(paths.parent(toml.path))
    build = table_at(toml.table, "build")
    target_dir, build_dir = _string(build, "target-dir"), _string(build, "build-dir")
    config = CargoConfig(
        _target(build.get("target"), base, toml),
        paths.join(base, target_dir) if target_dir is not None else None,
        build_dir if build_dir is None or build_dir.startswith("{") else paths.join(base, build_dir),
        _flags(build.get("rustflags")),
    )
    config.patches = patches_of(toml, base)
    for key, entry in table_at(toml.table, "target").items():
        flags = _flags(entry.get("rustflags")) if isinstance(entry, dict) else ()
        if flags:
            config.target_rustflags[key] = flags
    for key, entry in table_at(toml.table, "source").items():
        if not isinstance(entry, dict):
            toml.report(Problem.BAD_CONFIG, f"`source.{key}` is not a table", ("source", key))
            continue
        directory = _string(entry, "directory")
        config.sources[key] = SourceReplacement(
            _string(entry, "replace-with"),
            paths.join(base, directory) if directory is not None else None,
            _string(entry, "git"),
        )
    return config


def merge(nearest_first: Iterable[CargoConfig]) -> CargoConfig:
    """Cargo's hierarchy: the nearest file wins for single values, lists are joined with the nearest last."""
    result = CargoConfig()
    for config in nearest_first:
        if result.build_target is None:
            result.build_target = config.build_target
        result.target_dir = config.target_dir if result.target_dir is None else result.target_dir
        result.build_dir = config.build_dir if result.build_dir is None else result.build_dir
        result.rustflags = config.rustflags + result.rustflags
        for key, flags in config.target_rustflags.items():
            result.target_rustflags[key] = flags + result.target_rustflags.get(key, ())
        result.patches += config.patches
        for key, source in config.sources.items():
            result.sources.setdefault(key, source)
    return result


def apply_flags(flags: Iterable[str], platform: CfgSet) -> CfgSet:
    """The options after `--cfg` and the codegen flags that change options."""
    options = set(platform.options)
    open_names = dict(platform.open)
    pending: str | None = None
    for flag in flags:
        if pending is not None:
            flag, pending = pending + flag, None
        elif flag in ("--cfg", "-C", "--codegen"):
            pending = "--cfg=" if flag == "--cfg" else "-C"
            continue
        if flag.startswith("--cfg="):
            options.add(_cfg_option(flag.removeprefix("--cfg=")))
        elif flag.startswith(("-C", "--codegen=")):
            _codegen(flag.removeprefix("-C").removeprefix("--codegen="), options, open_names)
    return CfgSet(frozenset(options), open_names)


def _cfg_option(text: str) -> CfgOption:
    name, equals, value = text.partition("=")
    return (name.strip(), value.strip().strip('"') if equals else None)


_OFF = ("n", "no", "off", "false")


def _codegen(setting: str, options: set[CfgOption], open_names: dict[str, str]) -> None:
    name, _, value = setting.strip().partition("=")
    match name.replace("_", "-"):
        case "target-feature":
            for change in value.split(","):
                if change.startswith("+"):
                    options.add(("target_feature", change[1:]))
                elif change.startswith("-"):
                    options.discard(("target_feature", change[1:]))
            # A feature brings others with it, which only the compiler's tables know.
            open_names["target_feature"] = f"`-C target-feature={value}` may imply more features"
        case "target-cpu":
            open_names["target_feature"] = f"`-C target-cpu={value}` decides the target features"
        case "panic":
            options.difference_update([("panic", "unwind"), ("panic", "abort")])
            options.add(("panic", value))
        case "debug-assertions":
            options.discard(("debug_assertions", None))
            if value not in _OFF:
                options.add(("debug_assertions", None))


def _target(value: object, base: str, toml: TomlText) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    if value is None:
        return None
    if not isinstance(value, str):
        toml.report(Problem.BAD_CONFIG, "`build.target` is not a string", ("build", "target"))
        return None
    # A custom target is named by its specification file, the name rustc gives it is the file's.
    return paths.stem(paths.join(base, value)) if value.endswith(".json") else value


def _flags(value: object) -> tuple[str, ...]:
    return tuple(value.split()) if isinstance(value, str) else strings(value)


def _string(table: Table, key: str) -> str | None:
    value = table.get(key)
    return value if isinstance(value, str) else None
