"""The layout of `data/std.sig`: what writer (`encode`, server/tools/stdsig/pack.py) and reader (`decode`) agree on.

Signatures of dependencies are stored in the same tables with another index (`resolve.stored`).

The file is MAGIC, the length of the contents table (u32, little endian), the contents table (msgpack: section name ->
[offset, length] from the start of the file), then the sections. A table is two sections: `name.at`, the u32 offsets of
its records and one past the last, and `name.of`, the records (msgpack arrays of numbers; strings are UTF-8 text).
Records name each other by number, so that nothing is decoded before it is asked for; equal records are stored once.

    strings   text
    types     [tag, ..] as below, parts by number
    bounds    [trait string, n, n args.., (name string, type)..]
    generics  [n, n * (name string, is_const, default type + 1 or 0).., (subject type, bound)..]
    fns       [return type, generics, flags, comma-separated parameter names string, parameter types..]
    adts      [kind, flags, generics, [variant name string, ctor, (field name string, type, is_public)..]..]
    traits    [generics, is_auto, [(name string, fn)..], [(name string, type)..] consts,
               [(name string, default type + 1 or 0, generics, [bound..])..] associated types]
    impls     [self type, bound + 1 or 0, generics, is_negative, [(name string, fn)..], [(name string, type)..] consts,
               [(name string, type)..] associated types]
    values    [type, flags]
    aliases   [generics, type]
    exports   [(namespace, name string, kind, path string)..]
    by_trait  [(head string + 1 or 0, [impl..])..]: the impls of one trait

A reference's type has a third part, its region's name string, where that is known and not `static`; a constant beyond
64 bits is [tag, text, 1].

The `index` section is a msgpack map: "adts", "traits", "fns", "values", "aliases", "exports", "by_trait": path ->
record number; "impls": module -> number of its first impl; "inherent": head -> impls;
"method_traits": name -> trait strings; "receivers": name -> counts; "insignificant_dtors": paths.
"""

from __future__ import annotations

from closurelens.ty.sig import AdtKind, CtorKind, DefKind, Namespace, SelfKind

MAGIC = b"closurelens std 1\n"

TABLES = (
    "strings",
    "types",
    "bounds",
    "generics",
    "fns",
    "adts",
    "traits",
    "impls",
    "values",
    "aliases",
    "exports",
    "by_trait",
)

# Tags of types.
PRIM, ADT, TUPLE, SLICE, ARRAY, CONST, REF, RAW_PTR, FN_PTR, DYN, OPAQUE, PARAM, PROJECTION, UNKNOWN = range(14)

# Flags of references and raw pointers.
REF_MUT, REF_STATIC = 1, 2

# What stands before parameters is their number, plus this for each lifetime and one more where lifetimes are known.
GENERICS_LIFETIMES = 4096

# Flags of functions: the low three bits number the receiver in SELF_KINDS.
FN_SELF_MASK, FN_ASYNC, FN_VARIADIC, FN_HAS_BODY = 7, 8, 16, 32

# Flags of data types.
ADT_PACKED, ADT_NON_EXHAUSTIVE, ADT_FUNDAMENTAL = 1, 2, 4

VALUE_STATIC, VALUE_MUTABLE = 1, 2

# Enums are stored as positions in these.
SELF_KINDS = tuple(SelfKind)
ADT_KINDS = tuple(AdtKind)
CTOR_KINDS = tuple(CtorKind)
DEF_KINDS = tuple(DefKind)
NAMESPACES = tuple(Namespace)

IMPL_SEGMENT = "{impl#"
