"""Facts about every signature of the database."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from closurelens.stdsig import database
from closurelens.stdsig.database import StdDb
from closurelens.ty import types as t
from closurelens.ty.sig import DefKind, FnSig, Generics, Namespace

# Modules whose names are there, but not what is inside: vendor intrinsics, portable SIMD, compiler intrinsics.
CLOSED = {"core::arch", "std::arch", "core::simd", "std::simd", "core::intrinsics"}
# Modules that are empty on the platform the database is made on.
EMPTY = {"std::os::wasip2", "std::os::darwin::objc", "std::os::windows::thread"}
# Unstable; its public fields are of libc's types.
LIBC_FIELDS = {"std::os::unix::net::ucred::UCred"}


def functions(db: StdDb) -> Iterator[FnSig]:
    for path in db.paths("fns"):
        yield db.fn(path)
    for path in db.paths("traits"):
        for method in db.trait(path).methods.values():
            yield db.fn(method)
    for impl in db.impls():
        for method in impl.methods.values():
            yield db.fn(method)


def generics_parts(generics: Generics) -> Iterator[t.Ty | t.Bound]:
    for param in generics.params:
        if param.default is not None:
            yield param.default
    for predicate in generics.predicates:
        yield predicate.subject
        yield predicate.bound


def signatures(db: StdDb) -> Iterator[tuple[str, list[t.Ty | t.Bound]]]:
    """Every item's path with the types and bounds in its signature."""
    for path in db.paths("adts"):
        adt = db.adt(path)
        yield path, [*generics_parts(adt.generics), *[f.ty for v in adt.variants for f in v.fields]]
    for path in db.paths("traits"):
        trait = db.trait(path)
        parts = [*generics_parts(trait.generics), *trait.consts.values()]
        for assoc in trait.assoc_types.values():
            parts += [*assoc.bounds, *generics_parts(assoc.generics), *([assoc.default] if assoc.default else [])]
        yield path, parts
    for impl in db.impls():
        parts = [impl.self_ty, *impl.assoc_types.values(), *impl.consts.values(), *generics_parts(impl.generics)]
        yield impl.path, parts + ([impl.trait] if impl.trait is not None else [])
    for sig in functions(db):
        yield sig.path, [*sig.params, sig.ret, *generics_parts(sig.generics)]
    for path in db.paths("values"):
        yield path, [db.value(path).ty]
    for path in db.paths("aliases"):
        alias = db.alias(path)
        yield path, [alias.ty, *generics_parts(alias.generics)]


def walk(parts: Iterable[t.Ty | t.Bound]) -> Iterator[t.Ty | t.Bound]:
    work = list(parts)
    while work:
        part = work.pop()
        yield part
        if isinstance(part, t.Bound):
            work += [*part.args, *[ty for _, ty in part.assoc]]
            continue
        work += part.parts()
        if isinstance(part, t.Dyn | t.Opaque):
            work += part.bounds


def problems(db: StdDb, part: t.Ty | t.Bound) -> Iterator[str]:
    match part:
        case t.Adt():
            adt = db.adt(part.path)
            if adt is None:
                yield f"no data type {part.path}"
            elif len(adt.generics.params) != len(part.args):
                yield f"{part} has {len(part.args)} arguments"
        case t.Bound():
            trait = db.trait(part.trait)
            if trait is None:
                yield f"no trait {part.trait}"
            elif len(trait.generics.params) != len(part.args):
                yield f"{part} has {len(part.args)} arguments"
        case t.Projection():
            trait = db.trait(part.trait)
            if trait is None or part.name not in trait.assoc_types:
                yield f"no associated type {part.trait}::{part.name}"
            elif len(trait.generics.params) != len(part.args):
                yield f"{part} has {len(part.args)} arguments"


def test_every_path_in_a_signature_is_there(db: StdDb) -> None:
    found = {
        f"{path}: {problem}" for path, parts in signatures(db) for part in walk(parts) for problem in problems(db, part)
    }
    assert found == set()


def test_unknown_types_only_stand_in_private_fields(db: StdDb) -> None:
    public = {
        path
        for path, parts in signatures(db)
        if db.adt(path) is None and any(isinstance(part, t.Unknown) for part in walk(parts))
    }
    assert public == set()
    for path in db.paths("adts"):
        for variant in db.adt(path).variants:
            for field in variant.fields:
                if field.is_public and path not in LIBC_FIELDS:
                    assert not field.ty.flags & t.HAS_UNKNOWN, (path, field)


def test_parameters_are_declared(db: StdDb) -> None:
    """A signature is written over its own parameters, its container's, and in traits `Self`."""
    for sig in functions(db):
        names = {p.name for p in sig.generics.params}
        if sig.container is not None:
            trait, impl = db.trait(sig.container), db.impl(sig.container)
            container = trait or impl
            assert container is not None, sig.path
            names |= {p.name for p in container.generics.params} | ({"Self"} if trait is not None else set())
        parts = [*sig.params, sig.ret, *generics_parts(sig.generics)]
        used = {part.name for part in walk(parts) if isinstance(part, t.Param)}
        assert used <= names, sig.path


def test_parameter_names_are_unique(db: StdDb) -> None:
    for sig in functions(db):
        names = [p.name for p in sig.generics.params]
        assert len(names) == len(set(names)), sig.path


def test_every_export_is_there(db: StdDb) -> None:
    missing = []
    for module in db.paths("exports"):
        for (namespace, name), found in db.children(module).items():
            match found.kind:
                case DefKind.MODULE:
                    known = bool(db.children(found.path)) or found.path in CLOSED | EMPTY
                case DefKind.STRUCT | DefKind.ENUM | DefKind.UNION:
                    known = db.adt(found.path) is not None
                case DefKind.VARIANT:
                    adt = db.adt(found.path.rpartition("::")[0])
                    known = adt is not None and found.path.rpartition("::")[2] in {v.name for v in adt.variants}
                case DefKind.TRAIT:
                    known = db.trait(found.path) is not None
                case DefKind.TYPE_ALIAS:
                    known = db.alias(found.path) is not None
                case DefKind.FUNCTION:
                    known = db.fn(found.path) is not None
                case DefKind.CONST | DefKind.STATIC:
                    known = db.value(found.path) is not None
                case _:
                    known = found.kind in (DefKind.MACRO, DefKind.PRIMITIVE, DefKind.TRAIT_ALIAS)
            if not known:
                missing.append((module, namespace, name, found))
    assert missing == []


def test_methods_of_impls_are_those_of_their_trait(db: StdDb) -> None:
    for impl in db.impls():
        if impl.trait is not None:
            trait = db.trait(impl.trait.trait)
            assert impl.methods.keys() <= trait.methods.keys(), impl.path
            assert impl.assoc_types.keys() <= trait.assoc_types.keys(), impl.path


def test_impls_are_found_by_head(db: StdDb) -> None:
    for impl in db.impls():
        head = t.head_of(impl.self_ty)
        if impl.trait is not None:
            assert impl in db.trait_impls(impl.trait.trait, head)
        else:
            assert head is not None and impl in db.inherent_impls(head)
        assert db.impl(impl.path) is impl


def test_source_toml_describes_the_data() -> None:
    source = tomllib.loads((database.DATA.parent.parent / "SOURCE.toml").read_text())
    data = database.DATA.read_bytes()
    assert (source["bytes"], source["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert source["counts"]["data_types"] == len(StdDb(data).paths("adts"))


@pytest.mark.parametrize("data", [b"", b"closurelens std 0\nxxxx", b"\0" * 100])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a signature database"):
        StdDb(data)


def test_namespaces_of_exports(db: StdDb) -> None:
    for module in db.paths("exports"):
        for (namespace, _), found in db.children(module).items():
            assert (namespace is Namespace.MACROS) == (found.kind is DefKind.MACRO), (module, found)


def test_data_file_is_where_the_package_looks() -> None:
    assert Path(database.__file__).parent / "data" / "std.sig" == database.DATA
