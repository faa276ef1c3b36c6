"""Which features of which packages are on: cargo's feature resolver.

Invariant: the result is the least fixed point of all requests, so it does not depend on the order of packages. Pure;
the manifests come from a `PackageSource`, and an edge to a package that is not available says so.

With resolver 1 a package has one set of features. From resolver 2 on, what is compiled for the host (build scripts,
procedural macros and their dependencies) has its own, and dependencies of other platforms request nothing. Resolver 3
differs from 2 only in the versions it picks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, assert_never

from closurelens.project.manifest import DependencySpec, Manifest
from closurelens.project.model import DependencyKind, Problem
from closurelens.records import dataclass, field


@dataclass(slots=True, eq=True)
class Feature:
    """`name`: another feature of the package."""

    name: str


@dataclass(slots=True, eq=True)
class OptionalDependency:
    """`dep:key`."""

    key: str


@dataclass(slots=True, eq=True)
class DependencyFeature:
    """`key/feature`, or `key?/feature` if `weak`."""

    key: str
    feature: str
    weak: bool


FeatureValue = Feature | OptionalDependency | DependencyFeature


@dataclass(slots=True, eq=True)
class FeatureSelection:
    """What the user passes to cargo: `--features`, `--all-features`, `--no-default-features`."""

    features: tuple[str, ...] = ()
    all_features: bool = False
    default_features: bool = True


def parse_feature(text: str) -> FeatureValue:
    key, slash, feature = text.partition("/")
    if slash:
        return DependencyFeature(key.removesuffix("?"), feature, weak=key.endswith("?"))
    if text.startswith("dep:"):
        return OptionalDependency(text.removeprefix("dep:"))
    return Feature(text)


FeatureMap = dict[str, tuple[FeatureValue, ...]]


def feature_map(manifest: Manifest) -> FeatureMap:
    """The features of a package, with an implicit one for each optional dependency that no `dep:` names."""
    declared: FeatureMap = {
        name: tuple(parse_feature(text) for text in enables) for name, enables in manifest.features.items()
    }
    named = {value.key for values in declared.values() for value in values if isinstance(value, OptionalDependency)}
    for spec in manifest.dependencies:
        if spec.optional and spec.key not in declared and spec.key not in named:
            declared[spec.key] = (OptionalDependency(spec.key),)
    return declared


def check_features(manifest: Manifest) -> None:
    """Report what cargo would reject in `[features]`."""
    declared = feature_map(manifest)
    optional: dict[str, bool] = {}
    for spec in manifest.dependencies:
        optional[spec.key] = optional.get(spec.key, False) or spec.optional
    for name, enables in manifest.features.items():
        for text in enables:
            problem = _problem_of(parse_feature(text), declared, optional)
            if problem is not None:
                message = f"the feature `{name}` includes `{text}`, {problem}"
                manifest.toml.report(Problem.BAD_FEATURE, message, ("features", name))


def _problem_of(value: FeatureValue, declared: FeatureMap, optional: dict[str, bool]) -> str | None:
    match value:
        case Feature(name):
            if name in declared:
                return None
            return "which is neither a feature nor an optional dependency"
        case OptionalDependency(key):
            return None if optional.get(key) else "which is not an optional dependency"
        case DependencyFeature(key):
            return None if key in optional else "which is no dependency of the package"
        case _:
            assert_never(value)


class PackageSource(Protocol):
    """Packages are named by their folders."""

    def manifest(self, folder: str) -> Manifest | None: ...

    def dependency(self, manifest: Manifest, spec: DependencySpec) -> str | None:
        """The folder of what a dependency resolves to, None if its source is not present."""
        ...

    def is_member(self, folder: str) -> bool: ...

    def applies(self, target: str, *, for_host: bool) -> bool:
        """Whether a `[target.<...>]` table counts on the platform compiled for."""
        ...


@dataclass(slots=True, eq=True)
class ResolverRules:
    """`dev_dependencies`: tests, examples or benches are built too, so that what they need is requested."""

    version: int
    dev_dependencies: bool = True


Node = tuple[str, bool]
"""A package's folder, and whether it is compiled for the host."""


@dataclass(slots=True, eq=True)
class DependencyEdge:
    """`target` is None if the source is not present."""

    spec: DependencySpec
    target: Node | None


@dataclass(slots=True)
class Resolution:
    """`optional` has the keys of the optional dependencies that are on."""

    features: dict[Node, set[str]] = field(default_factory=dict)
    optional: dict[Node, set[str]] = field(default_factory=dict)
    edges: dict[Node, list[DependencyEdge]] = field(default_factory=dict)

    def active_edges(self, node: Node) -> list[DependencyEdge]:
        on = self.optional.get(node, ())
        return [edge for edge in self.edges.get(node, ()) if not edge.spec.optional or edge.spec.key in on]


def unify(
    members: Iterable[str], selection: FeatureSelection, source: PackageSource, rules: ResolverRules
) -> Resolution:
    """Features of all packages that can be reached from the members, when all of the workspace is built."""
    unifier = _Unifier(source, rules)
    for folder in members:
        manifest = source.manifest(folder)
        if manifest is None:
            continue
        requests = _selected(manifest, selection, unifier.features_of(folder))
        unifier.activate((folder, False), requests)
        if rules.version > 1 and manifest.is_proc_macro():
            unifier.activate((folder, True), requests)
    unifier.run()
    return unifier.result


def _selected(manifest: Manifest, selection: FeatureSelection, declared: FeatureMap) -> list[FeatureValue]:
    """What of the user's selection concerns this member; `member/feature` names it, `dependency/feature` goes on."""
    requests: list[FeatureValue] = []
    keys = {spec.key for spec in manifest.dependencies}
    for text in selection.features:
        value = parse_feature(text)
        match value:
            case Feature(name) if name in declared:
                requests.append(value)
            case DependencyFeature(key) if key in keys:
                requests.append(value)
            case DependencyFeature(key, feature) if key == manifest.name and feature in declared:
                requests.append(Feature(feature))
    if selection.all_features:
        requests.extend(Feature(name) for name in declared)
    if selection.default_features and "default" in declared:
        requests.append(Feature("default"))
    return requests


class _Unifier:
    __slots__ = ("_declared", "_deferred", "_rules", "_seen", "_source", "_work", "result")

    def __init__(self, source: PackageSource, rules: ResolverRules) -> None:
        self._source = source
        self._rules = rules
        self._declared: dict[str, FeatureMap] = {}
        self._seen: set[Node] = set()
        self._work: list[tuple[Node, FeatureValue]] = []
        # What `key?/feature` asks for once something else switches the dependency on.
        self._deferred: dict[tuple[Node, str], list[str]] = {}
        self.result = Resolution()

    def features_of(self, folder: str) -> FeatureMap:
        declared = self._declared.get(folder)
        if declared is None:
            manifest = self._source.manifest(folder)
            declared = self._declared[folder] = {} if manifest is None else feature_map(manifest)
        return declared

    def activate(self, node: Node, requests: Iterable[FeatureValue]) -> None:
        """Build the package with these requests; its required dependencies are built with it."""
        work = [(node, requests)]
        while work:
            node, requests = work.pop()
            self._work.extend((node, request) for request in requests)
            if node in self._seen:
                continue
            self._seen.add(node)
            self.result.features[node] = set()
            for edge in self._edges(node):
                if not edge.spec.optional and edge.target is not None:
                    work.append((edge.target, self._requests(edge.spec, edge.target)))

    def run(self) -> None:
        while self._work:
            node, value = self._work.pop()
            match value:
                case Feature(name):
                    self._switch_on(node, name)
                case OptionalDependency(key):
                    self._switch_on_dependency(node, key)
                case DependencyFeature():
                    self._request(node, value)
                case _:
                    assert_never(value)

    def _switch_on(self, node: Node, name: str) -> None:
        on = self.result.features[node]
        if name not in on:
            on.add(name)
            self._work.extend((node, value) for value in self.features_of(node[0]).get(name, ()))

    def _switch_on_dependency(self, node: Node, key: str) -> None:
        on = self.result.optional.setdefault(node, set())
        if key in on:
            return
        on.add(key)
        deferred = [parse_feature(feature) for feature in self._deferred.pop((node, key), ())]
        for edge in self._edges(node):
            if edge.spec.key == key and edge.target is not None:
                self.activate(edge.target, (*self._requests(edge.spec, edge.target), *deferred))

    def _request(self, node: Node, value: DependencyFeature) -> None:
        for edge in self._edges(node):
            if edge.spec.key != value.key:
                continue
            if edge.spec.optional:
                if value.weak and value.key not in self.result.optional.get(node, ()):
                    self._deferred.setdefault((node, value.key), []).append(value.feature)
                    continue
                self._switch_on_dependency(node, value.key)
                if not value.weak and value.key in self.features_of(node[0]):
                    self._switch_on(node, value.key)
            if edge.target is not None:
                self.activate(edge.target, (parse_feature(value.feature),))

    def _requests(self, spec: DependencySpec, target: Node) -> list[FeatureValue]:
        requests = [parse_feature(feature) for feature in spec.features]
        if spec.default_features and "default" in self.features_of(target[0]):
            requests.append(Feature("default"))
        return requests

    def _edges(self, node: Node) -> list[DependencyEdge]:
        edges = self.result.edges.get(node)
        if edges is None:
            edges = self.result.edges[node] = list(self._edges_of(node))
        return edges

    def _edges_of(self, node: Node) -> Iterable[DependencyEdge]:
        folder, for_host = node
        source, rules = self._source, self._rules
        manifest = source.manifest(folder)
        if manifest is None:
            return
        with_dev = source.is_member(folder) and (rules.version == 1 or rules.dev_dependencies)
        for spec in manifest.dependencies:
            if spec.kind is DependencyKind.DEV and not with_dev:
                continue
            to_host = for_host or (rules.version > 1 and spec.kind is DependencyKind.BUILD)
            if spec.target is not None and rules.version > 1 and not source.applies(spec.target, for_host=to_host):
                continue
            target = source.dependency(manifest, spec)
            if target is None:
                yield DependencyEdge(spec, None)
                continue
            if rules.version > 1 and not to_host:
                found = source.manifest(target)
                to_host = found is not None and found.is_proc_macro()
            yield DependencyEdge(spec, (target, to_host))
