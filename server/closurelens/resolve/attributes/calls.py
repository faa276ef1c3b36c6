"""Calls and macros in a macro's code: what they give back of the item, and what they may change of it.

The functions of the crate itself are followed. Others give nothing of the item back but for those of `syn`, `quote`
and std that hand it on, and change what they get by `&mut`.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable

from closurelens.hir.macros.tokens import words
from closurelens.records import dataclass
from closurelens.resolve.attributes.patterns import Patterns
from closurelens.resolve.attributes.scope import KINDS, Frame, Names, Variable
from closurelens.resolve.attributes.source import File, Function
from closurelens.resolve.attributes.values import (
    BLOCK,
    ELEMENT,
    EMPTY,
    FAILURE,
    GONE,
    OTHER,
    PARSED,
    STREAM,
    TERM,
    Access,
    Choice,
    Each,
    Joined,
    Part,
    Plain,
    Record,
    Tokens,
    Tup,
    Undecided,
    Value,
    carries,
    choice,
)
from closurelens.syntax.nodes import Node, tree_of_fragment

_SAME = words("""
    as_deref as_deref_mut as_mut as_ref borrow by_ref clone cloned collect context copied expect into into_iter
    into_token_stream map_err ok ok_or ok_or_else to_owned to_token_stream unwrap unwrap_or_default
""")
_READS = words("""
    as_str contains count eq first get get_ident is_empty is_ident is_none is_some iter last leading_colon len path
    span to_string
""")
_OVER_ELEMENTS = words("chain collect filter inspect peekable rev skip skip_while step_by take take_while")
_WRAPPERS = words("Ok Some Box::new Rc::new Arc::new Cow::Owned Cow::Borrowed")
_LISTS = words("Punctuated TokenStream TokenStream2 Vec VecDeque")
_ERRORS = words("into_compile_error to_compile_error write_errors into_token_stream_error")
_FAILS = words("abort abort_call_site bail compile_error panic todo unimplemented unreachable")
_QUOTES = words("quote quote_spanned parse_quote parse_quote_spanned")
_HARMLESS = words("""
    assert assert_eq assert_ne cfg concat debug debug_assert debug_assert_eq emit_error emit_warning env eprintln format
    format_ident include_str matches option_env print println stringify trace Token vec warn
""")


_COMPILE_ERROR = re.compile(rb"\s*(?:(?:::)?\s*(?:std|core)\s*::\s*)?compile_error\s*!\s*[({][^(){}]*[)}]\s*;?\s*$")


@dataclass(slots=True)
class Calls(Patterns):
    @abstractmethod
    def call(self, function: Function, args: list[Value], own: Value | None = None) -> Value:
        """Follow a function of the crate; `own` is the receiver of a method."""

    @abstractmethod
    def _expr(self, node: Node, names: Names, frame: Frame) -> Value: ...

    @abstractmethod
    def _lambda(self, node: Node, args: list[Value], names: Names, frame: Frame) -> Value:
        """Call a closure."""

    def _args(self, node: Node | None, names: Names, frame: Frame) -> tuple[list[Value], list[Node | None]]:
        values: list[Value] = []
        nodes: list[Node | None] = []
        for child in () if node is None else node.children:
            if not child.is_named or child.kind == "attribute_item":
                continue
            if child.kind == "closure_expression":
                self._lambda(child, [], names, frame)
                values.append(OTHER)
                nodes.append(child)
            else:
                values.append(self._expr(child, names, frame))
                nodes.append(None)
        return values, nodes

    def _call(self, node: Node, names: Names, frame: Frame) -> Value:
        callee = node.child_by_field("function")
        if callee is None:
            raise Undecided
        turbofish = ""
        if callee.kind == "generic_function":
            types = callee.child_by_field("type_arguments")
            turbofish = "" if types is None else types.text(frame.file.text)
            callee = callee.child_by_field("function") or callee
        if callee.kind == "field_expression":
            value = self._method(node, callee, names, frame)
            return self._as(value, turbofish, frame) if value is PARSED and turbofish else value
        args, _ = self._args(node.child_by_field("arguments"), names, frame)
        if callee.kind not in ("identifier", "scoped_identifier"):
            return self._call_value(callee, args, names, frame)
        if GONE in args or FAILURE in args:
            return FAILURE if FAILURE in args else GONE
        text = re.sub(r"\s|::<.*?>", "", callee.text(frame.file.text))
        segments = [part for part in text.split("::") if part]
        name = segments[-1] if segments else ""
        if name in names:
            self._escape_all(args)
            return OTHER
        if name == "Err" or name in _ERRORS:
            self._escape_all(args)
            return FAILURE
        if text in _WRAPPERS or text.endswith("Box::new"):
            return args[0] if args else EMPTY
        if name in ("new", "with_capacity") and len(segments) > 1 and segments[-2] in _LISTS and not carries(Tup(args)):
            return EMPTY
        if name in ("from", "new") and len(segments) > 1 and "TokenStream" in segments[-2]:
            return args[0] if args else EMPTY
        if name in ("parse", "parse2") and args and isinstance(args[0], Tokens):
            return args[0] if len(segments) == 1 or segments[-2] == "syn" else OTHER
        if name in ("parse", "parse2") and args and isinstance(args[0], Part) and segments[0] != "Self":
            if len(segments) > 1 and segments[-2] != "syn":
                self._escape_all(args)
                return OTHER
            return self._as(Part(args[0].path), turbofish, frame)
        if name in ("take", "replace") and "mem" in segments and args and isinstance(args[0], Part):
            self._change(args[0].path)
            return Part(args[0].path)
        if name[:1].isupper() and len(args) == 1 and len(segments) > 1 and name in KINDS:
            return args[0]
        if len(segments) > 1 and segments[-2] == "Self":
            segments[-2] = frame.owner
        found = self.crate.called(frame.file, segments) if name[:1].islower() or name[:1] == "_" else []
        if found:
            return choice([self._followed(one, args) for one in found])
        self._escape_all(args)
        return OTHER

    def _parsed(self, ty: str, frame: Frame) -> Value:
        """`parse` of the crate's own `impl Parse for ty`; what it does otherwise shows nothing of the item."""
        try:
            function = self.crate.method(frame.file, ty, "parse")
            return OTHER if function is None else self.call(function, [STREAM])
        except Undecided:
            return OTHER

    def _followed(self, function: Function, args: list[Value]) -> Value:
        """What a function that gets nothing of the item makes is of no interest where it cannot be followed."""
        if carries(Tup(args)):
            return self.call(function, list(args))
        try:
            return self.call(function, list(args))
        except Undecided:
            return OTHER

    def _call_value(self, callee: Node, args: list[Value], names: Names, frame: Frame) -> Value:
        """A call of what is not named: of a closure that is written there, or of something that is not followed."""
        while callee.kind == "parenthesized_expression":
            callee = next((child for child in callee.children if child.is_named), callee.children[0])
        if callee.kind == "closure_expression":
            return self._lambda(callee, args, names, frame)
        self._escape_all([self._expr(callee, names, frame), *args])
        return OTHER

    def _method(self, node: Node, callee: Node, names: Names, frame: Frame) -> Value:
        receiver_node, name_node = callee.child_by_field("value"), callee.child_by_field("field")
        if receiver_node is None or name_node is None:
            raise Undecided
        receiver = self._expr(receiver_node, names, frame)
        if receiver is GONE or receiver is FAILURE:
            return receiver
        name = name_node.text(frame.file.text)
        args, closures = self._args(node.child_by_field("arguments"), names, frame)
        if name in _ERRORS:
            self._escape_all([receiver, *args])
            return FAILURE
        if name in ("unwrap_or_else", "unwrap_or", "or_else", "or"):
            values: list[Value] = [receiver.element if isinstance(receiver, Each) else receiver]
            for value, closure in zip(args, closures, strict=True):
                values.append(self._lambda(closure, [OTHER], names, frame) if closure is not None else value)
            arguments = node.child_by_field("arguments")
            if arguments is not None and arguments.text(frame.file.text).rstrip(" ,)").endswith("compile_error"):
                values.pop()
            return choice(values)
        if isinstance(receiver, Choice) and name not in _SAME:
            return choice(
                [self._on(option, name, args, closures, receiver_node, names, frame) for option in receiver.options]
            )
        return self._on(receiver, name, args, closures, receiver_node, names, frame)

    def _on(
        self,
        receiver: Value,
        name: str,
        args: list[Value],
        closures: list[Node | None],
        receiver_node: Node,
        names: Names,
        frame: Frame,
    ) -> Value:
        def run(*given: Value) -> Value:
            result: Value = OTHER
            for closure in closures:
                if closure is not None:
                    result = self._lambda(closure, list(given), names, frame)
            return result

        match receiver:
            case Part():
                return self._on_part(receiver, name, args, run, receiver_node, names, frame)
            case Each(element):
                if name == "push" and args:
                    return self._push([element], args[0], receiver_node, names, frame)
                self._escape_all(args)
                if name in ("map", "flat_map", "and_then"):
                    result = run(element)
                    return Each(result)
                if name == "filter_map":
                    result = run(element)
                    options = result.options if isinstance(result, Choice) else [result]
                    return Each(choice([one for one in options if one is not EMPTY] or [EMPTY]))
                shared = Part(element.path, Access.SHARED) if isinstance(element, Part) else element
                if name == "enumerate":
                    return Each(Tup([OTHER, element]))
                if name == "zip":
                    return Each(Tup([element, self._element(args[0]) if args else OTHER]))
                if name == "for_each":
                    run(element)
                    return EMPTY
                run(shared)
                if name in ("find", "next", "last", "nth", "unwrap", "expect"):
                    return element
                if name == "cloned" and isinstance(element, Part):
                    return Each(Part(element.path))
                if name == "chain" and args:
                    return Each(choice([element, self._element(args[0])]))
                if name in _SAME or name in _OVER_ELEMENTS or name in ("iter", "iter_mut"):
                    return receiver
                self._escape(element)
                return OTHER
            case Tokens() | Joined():
                if name == "extend" and args:
                    return self._append(receiver, args[0], receiver_node, names, frame)
                run(OTHER)
                if name in _SAME:
                    return receiver
                if carries(receiver) and name not in _READS:
                    self._lend(receiver_node, names, frame)
                return OTHER
            case Record(owner):
                if name in _SAME:
                    return receiver
                found = self.crate.method(frame.file, owner, name)
                if found is not None:
                    return self.call(found, args, receiver)
                run(OTHER)
                self._escape_all([receiver, *args])
                return OTHER
            case Tup():
                self._escape_all([receiver, *args])
                run(OTHER)
                return receiver if name in _SAME else OTHER
            case Choice():
                run(OTHER)
                return receiver
            case Plain():
                return self._on_other(receiver, name, args, closures, receiver_node, names, frame)

    def _on_other(
        self,
        receiver: Value,
        name: str,
        args: list[Value],
        closures: list[Node | None],
        receiver_node: Node,
        names: Names,
        frame: Frame,
    ) -> Value:
        if receiver is STREAM:
            return PARSED if name == "parse" else OTHER
        if name == "extend" and args and carries(args[0]):
            return self._append(receiver, args[0], receiver_node, names, frame)
        if name == "push" and receiver is EMPTY and args:
            return self._push([], args[0], receiver_node, names, frame)
        results = [self._lambda(closure, [], names, frame) for closure in closures if closure is not None]
        if name in ("then", "then_some", "map", "filter_map", "flat_map"):
            values = results or args
            return choice([EMPTY, *values]) if name.startswith("then") else Each(values[-1] if values else OTHER)
        if name in ("map_or", "map_or_else", "and_then", "fold"):
            self._escape_all(args)
            return choice([*args, *results, OTHER]) if results else OTHER
        if any(carries(arg) for arg in args):
            found = self.crate.method(frame.file, "", name)
            if found is not None:
                return self.call(found, args, OTHER)
        self._escape_all(args)
        return receiver if receiver in (EMPTY, TERM) and name in _SAME else OTHER

    def _append(self, receiver: Value, added: Value, node: Node, names: Names, frame: Frame) -> Value:
        """`tokens.extend(added)`"""
        name = node.text(frame.file.text)
        found = names.get(name)
        if found is None:
            if carries(receiver):
                raise Undecided
            self._escape(added)
            return EMPTY
        names[name] = Variable(Joined([receiver, added]), found.is_mut, found.let)
        return EMPTY

    def _push(self, known: list[Value], added: Value, node: Node, names: Names, frame: Frame) -> Value:
        """`list.push(added)`"""
        name = node.text(frame.file.text)
        found = names.get(name)
        if found is None:
            self._escape(added)
            return EMPTY
        names[name] = Variable(Each(choice([*known, added])), found.is_mut, found.let)
        return EMPTY

    def _on_part(
        self,
        receiver: Part,
        name: str,
        args: list[Value],
        run: Callable[..., Value],
        node: Node,
        names: Names,
        frame: Frame,
    ) -> Value:
        path = receiver.path
        self._escape_all(args)
        can_change = receiver.access is not Access.SHARED and not receiver.is_fixed
        if name == "extend" and not path and args:
            return self._append(Part(), args[0], node, names, frame)
        if name in ("iter", "iter_mut", "into_iter"):
            access = receiver.access
            if name == "iter":
                access = Access.SHARED
            elif name == "iter_mut":
                access = Access.MUT
            return Each(Part((*path, ELEMENT), access))
        if name in ("as_mut", "as_deref_mut") and can_change:
            return Part(path, Access.MUT)
        if name in ("clone", "cloned", "to_owned", "to_token_stream"):
            return Part(path)
        if name in ("as_ref", "as_deref"):
            return Part(path, Access.SHARED)
        if name in _SAME:
            return Part(path, receiver.access, receiver.is_fixed)
        if name == "split_for_impl":
            return Tup([Part(path), Part((*path, "arguments")), Part((*path, "where_clause"))])
        if name == "retain":
            run(Part((*path, ELEMENT), Access.SHARED))
            return EMPTY
        if name == "map" and path:
            result = run(Part((*path,), receiver.access))
            return Each(result)
        if name == "push" and path == ("items",) and can_change and not carries(Tup(args), _has_members):
            return EMPTY
        if name in ("insert", "push", "extend") and path[-2:] == (BLOCK, "stmts") and args and can_change:
            self.stored.append((path, Joined([args[-1], Part(path)])))
            return EMPTY
        if name in _READS or not can_change:
            run(Part((*path, ELEMENT), Access.SHARED))
            return Part((*path, ELEMENT), Access.SHARED) if name in ("first", "last", "get") else OTHER
        run(Part((*path, ELEMENT), Access.MUT))
        self._change(path)
        return OTHER

    def _macro(self, node: Node, names: Names, frame: Frame) -> Value:
        text = frame.file.text
        macro = node.child_by_field("macro")
        tree = next((child for child in node.children if child.kind == "token_tree"), None)
        if macro is None or tree is None:
            raise Undecided
        name = macro.text(text).rpartition("::")[2].strip()
        body = text[tree.start + 1 : tree.end - 1]
        if name in _QUOTES:
            if "spanned" in name:
                body = body.partition(b"=>")[2]
            if _COMPILE_ERROR.match(body) is not None:
                return FAILURE
            used = {found.decode() for found in re.findall(rb"#\s*([A-Za-z_]\w*)", body)}
            is_first = not self.changed and not self.stored
            return Tokens(body, {one: self._plain(self._variable(one, names), is_first=is_first) for one in used})
        if name == "parse_macro_input":
            source, _, ty = body.decode("utf-8", "replace").partition(" as ")
            value = self._variable(source.split()[0] if source.split() else "", names)
            if " with " in body.decode("utf-8", "replace"):
                return OTHER
            return self._as(Part(value.path), ty, frame) if isinstance(value, Part) else OTHER
        if name in _FAILS:
            return FAILURE
        if name not in _HARMLESS or (name != "matches" and not self._look_into(body, names, frame)):
            for word in set(re.findall(rb"[A-Za-z_]\w*", body)):
                found = names.get(word.decode())
                if found is not None and carries(found.value):
                    raise Undecided
        return EMPTY if name == "vec" and not body.strip() else OTHER

    def _look_into(self, body: bytes, names: Names, frame: Frame) -> bool:
        """Follow the arguments of a macro that evaluates them; False: they are no expressions."""
        text = b"[" + body + b"]"
        node = tree_of_fragment(text, "expr")
        if node is None:
            return False
        inner = Frame(File("", frame.file.module, text, frame.file.crate), frame.owner, gives_option=False)
        self._escape(self._expr(node, names, inner))
        if inner.returned:
            raise Undecided
        return True

    def _plain(self, value: Value, *, is_first: bool) -> Value:
        return Part(value.path, is_first=is_first) if isinstance(value, Part) else value


def _has_members(part: Part) -> bool:
    """Whether functions of an impl or trait may be in a part of it."""
    return part.path[:1] in ((), ("items",))
