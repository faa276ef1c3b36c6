"""Binds the patterns of a macro's code to what they are matched with."""

from __future__ import annotations

from closurelens.records import dataclass
from closurelens.resolve.attributes.scope import KINDS, Frame, Names, Scopes
from closurelens.resolve.attributes.values import (
    ELEMENT,
    GONE,
    OTHER,
    TERM,
    Access,
    Choice,
    Each,
    Part,
    Record,
    Tup,
    Undecided,
    Value,
    choice,
)
from closurelens.syntax.nodes import Node


@dataclass(slots=True)
class Patterns(Scopes):
    def _bind(self, names: Names, frame: Frame, node: Node, value: Value) -> bool:
        """False: the pattern does not match."""
        text = frame.file.text
        match node.kind:
            case "identifier" | "shorthand_field_identifier":
                name = node.text(text)
                if name[:1].isupper():
                    return value is not GONE
                self._bind_name(names, frame, node, value, is_mut=False)
            case "mut_pattern":
                inner = node.children[-1]
                self._bind_name(names, frame, inner, value, is_mut=True)
            case "ref_pattern":
                inner = node.children[-1]
                access = Access.SHARED
                if inner.kind == "mut_pattern":
                    inner, access = inner.children[-1], Access.MUT
                if isinstance(value, Part) and value.access is not Access.SHARED:
                    value = Part(value.path, access)
                self._bind(names, frame, inner, value)
            case "reference_pattern" | "parenthesized_pattern":
                inner = node.children[-1]
                self._bind(names, frame, inner, value)
            case "match_pattern":
                return self._bind(names, frame, node.children[0], value)
            case "captured_pattern":
                self._bind(names, frame, node.children[0], value)
                return self._bind(names, frame, node.children[-1], value)
            case "or_pattern":
                before = dict(names)
                found: list[Names] = []
                for child in node.children:
                    if child.is_named or child.kind == "_":
                        here = dict(before)
                        if self._bind(here, frame, child, value):
                            found.append(here)
                self._join(names, found)
                return bool(found)
            case "tuple_pattern" | "slice_pattern":
                wanted = [child for child in node.children if child.is_named or child.kind == "_"]
                elements: list[Value] = [OTHER] * len(wanted)
                options = value.options if isinstance(value, Choice) else [value]
                tuples = [one.elements for one in options if isinstance(one, Tup) and len(one.elements) == len(wanted)]
                if len(tuples) == len(options):
                    elements = [choice(list(column)) for column in zip(*tuples, strict=True)]
                else:
                    self._escape(value)
                for child, element in zip(wanted, elements, strict=True):
                    self._bind(names, frame, child, element)
            case "tuple_struct_pattern":
                return self._bind_variant(names, frame, node, value)
            case "struct_pattern":
                self._bind_fields(names, frame, node, value)
            case _:
                pass
        return True

    def _bind_variant(self, names: Names, frame: Frame, node: Node, value: Value) -> bool:
        ty = node.child_by_field("type")
        name = "" if ty is None else ty.text(frame.file.text).rpartition("::")[2]
        inner = [child for child in node.children if child is not ty and (child.is_named or child.kind == "_")]
        if isinstance(value, Part) and not value.path and name in KINDS and name != self.kind:
            return False
        if isinstance(value, Part) and value.path == ("items", ELEMENT) and name in KINDS and name != "Fn":
            value = Part(("items", "[other]"), value.access)
        if name == "Err":
            for child in inner:
                self._bind(names, frame, child, OTHER)
        elif len(inner) == 1 and value is not OTHER:
            if isinstance(value, Each):
                value = value.element
            self._bind(names, frame, inner[0], value)
        else:
            self._escape(value)
            terms = self.crate.terms(name) if value is OTHER else []
            for at, child in enumerate(inner):
                self._bind(names, frame, child, TERM if len(terms) == len(inner) and terms[at] else OTHER)
        return True

    def _bind_fields(self, names: Names, frame: Frame, node: Node, value: Value) -> None:
        text = frame.file.text
        for child in node.children:
            if child.kind != "field_pattern":
                continue
            name_node = child.child_by_field("name")
            if name_node is None:
                raise Undecided
            name = name_node.text(text)
            inner: Value = OTHER
            if isinstance(value, Part):
                inner = value.at(name)
            elif isinstance(value, Record):
                inner = value.fields.get(name, OTHER)
            else:
                self._escape(value)
            pattern = child.child_by_field("pattern")
            if child.has("ref") and isinstance(inner, Part) and inner.access is not Access.SHARED:
                inner = Part(inner.path, Access.MUT if child.has("mutable_specifier") else Access.SHARED)
            if pattern is not None:
                self._bind(names, frame, pattern, inner)
            else:
                self._bind_name(names, frame, name_node, inner, is_mut=child.has("mutable_specifier"))
