"""Follows the item through an attribute macro's source to what the macro returns.

Every branch is taken, so a value is what it may be; a change of a part of the item counts for all its copies. Calls of
functions elsewhere give nothing of the item back, and change what they get by `&mut`. Invariant: whatever is not
followed raises `Undecided`, or is a change, or a value of which nothing is known.
"""

from __future__ import annotations

from closurelens.hir.macros.tokens import words
from closurelens.records import dataclass
from closurelens.resolve.attributes.calls import Calls
from closurelens.resolve.attributes.scope import Frame, Names, Variable
from closurelens.resolve.attributes.source import Function
from closurelens.resolve.attributes.values import (
    BLOCK,
    ELEMENT,
    EMPTY,
    FAILURE,
    GONE,
    OTHER,
    WITHOUT_BODY,
    Access,
    Choice,
    Each,
    Part,
    Record,
    Tokens,
    Tup,
    Undecided,
    Value,
    carries,
    choice,
)
from closurelens.syntax.nodes import Node

_MOST_STEPS = 40_000
_DEEPEST = 150
_DEEPEST_CALL = 12
_DECLARATIONS = words("""
    const_item empty_statement enum_item function_item impl_item inner_attribute_item label macro_definition static_item
    struct_item trait_item type_item use_declaration
""")


@dataclass(slots=True)
class Evaluation(Calls):
    def call(self, function: Function, args: list[Value], own: Value | None = None) -> Value:
        if function.node in self._calls:
            self._escape_all([*args, OTHER if own is None else own])
            return OTHER
        if len(self._calls) >= _DEEPEST_CALL:
            raise Undecided
        node, file = function.node, function.file
        body = node.child_by_field("body")
        params = node.child_by_field("parameters")
        if body is None or params is None:
            raise Undecided
        ret = node.child_by_field("return_type")
        text = "" if ret is None else ret.text(file.text)
        frame = Frame(file, function.owner, text.startswith("Option"))
        names: Names = {}
        given = list(args)
        for param in params.children:
            if param.kind == "self_parameter":
                value = own if own is not None else given.pop(0) if given else OTHER
                if value is OTHER:
                    value = Record(function.owner)
                names["self"] = Variable(value, param.has("mutable_specifier") and not param.has("&"))
            elif param.kind == "parameter":
                value = given.pop(0) if given else OTHER
                pattern, ty = param.child_by_field("pattern"), param.child_by_field("type")
                if pattern is None:
                    raise Undecided
                value = self._typed(value, ty, frame)
                if pattern.kind == "identifier":
                    self._bind_name(names, frame, pattern, value, is_mut=param.has("mutable_specifier"))
                else:
                    self._bind(names, frame, pattern, value)
        if given:
            self._escape_all(given)
        self._calls.append(node)
        try:
            last = self._block(body, names, frame)
        finally:
            self._calls.pop()
        return choice([*frame.returned, last])

    def _block(self, node: Node, outer: Names, frame: Frame) -> Value:
        names = dict(outer)
        last: Value = EMPTY
        has_cfg = False
        for child in node.children:
            if child.kind == "attribute_item":
                has_cfg = has_cfg or b"cfg" in frame.file.text[child.start : child.end]
                continue
            before = dict(names)
            last = self._statement(child, names, frame)
            if has_cfg:
                # The statement may not be there; one that leaves the block is the last one where it is.
                if last is not GONE and last is not FAILURE:
                    if last is not EMPTY:
                        raise Undecided
                    self._join(names, [before, dict(names)])
                else:
                    names.clear()
                    names.update(before)
                    has_cfg = False
                    continue
            has_cfg = False
            if last is GONE or last is FAILURE:
                break
        for name, variable in outer.items():
            now = names.get(name)
            if now is not None and now.let == variable.let:
                outer[name] = now
        return last

    def _statement(self, node: Node, names: Names, frame: Frame) -> Value:
        """The value of a statement that a block may end with."""
        if node.kind == "let_declaration":
            return GONE if self._let(node, names, frame) else EMPTY
        if node.kind == "expression_statement":
            value = self._expr(node.children[0], names, frame) if node.children else EMPTY
            return value if value is GONE or value is FAILURE or not node.has(";") else EMPTY
        if node.kind in _DECLARATIONS:
            return EMPTY
        return self._expr(node, names, frame)

    def _let(self, node: Node, names: Names, frame: Frame) -> bool:
        pattern, value_node = node.child_by_field("pattern"), node.child_by_field("value")
        if pattern is None:
            raise Undecided
        value: Value = OTHER if value_node is None else self._expr(value_node, names, frame)
        value = self._typed(value, node.child_by_field("type"), frame)
        otherwise = node.child_by_field("alternative")
        if otherwise is not None:
            self._block(otherwise, names, frame)
        if value is GONE or value is FAILURE:
            return True
        if pattern.kind == "identifier":
            self._bind_name(names, frame, pattern, value, is_mut=node.has("mutable_specifier"))
            return False
        return not self._bind(names, frame, pattern, value)

    def _expr(self, node: Node, names: Names, frame: Frame) -> Value:
        self._steps += 1
        if self._steps > _MOST_STEPS or self._depth > _DEEPEST or node.is_error:
            raise Undecided
        self._depth += 1
        value = self._expr_inner(node, names, frame)
        self._depth -= 1
        return value

    def _expr_inner(self, node: Node, names: Names, frame: Frame) -> Value:
        text = frame.file.text
        match node.kind:
            case "identifier" | "self" | "shorthand_field_identifier":
                return self._variable(node.text(text), names)
            case "scoped_identifier" | "generic_function":
                return OTHER
            case "field_expression":
                return self._field(node, names, frame)
            case "reference_expression":
                value = self._child(node, "value", names, frame)
                is_mut = node.has("mutable_specifier")
                if isinstance(value, Part) and value.access is not Access.SHARED:
                    return Part(value.path, Access.MUT if is_mut else Access.SHARED)
                if is_mut:
                    self._lend(node.child_by_field("value"), names, frame)
                return value
            case "unary_expression":
                value = self._expr(node.children[-1], names, frame)
                return value if node.has("*") else OTHER
            case "parenthesized_expression" | "unsafe_block" | "const_block":
                inner = [child for child in node.children if child.is_named]
                return self._expr(inner[-1], names, frame) if inner else EMPTY
            case "block":
                return self._block(node, names, frame)
            case "try_expression":
                value = self._expr(node.children[0], names, frame)
                if frame.gives_option:
                    frame.returned.append(EMPTY)
                return value.element if isinstance(value, Each) else value
            case "return_expression":
                frame.returned.append(self._expr(node.children[1], names, frame) if len(node.children) > 1 else EMPTY)
                return GONE
            case "break_expression" | "continue_expression":
                for child in node.children[1:]:
                    if child.is_named and child.kind != "label":
                        self._escape(self._expr(child, names, frame))
                frame.jumps.append(dict(names))
                return GONE
            case "if_expression":
                return self._if(node, names, frame)
            case "match_expression":
                return self._match(node, names, frame)
            case "for_expression" | "while_expression" | "loop_expression":
                return self._loop(node, names, frame)
            case "assignment_expression":
                return self._assign(node, names, frame)
            case "compound_assignment_expr":
                target = self._child(node, "left", names, frame)
                self._escape(self._child(node, "right", names, frame))
                if isinstance(target, Part):
                    self._change(target.path)
                return EMPTY
            case "call_expression":
                return self._call(node, names, frame)
            case "macro_invocation":
                return self._macro(node, names, frame)
            case "closure_expression":
                self._lambda(node, [], names, frame)
                return OTHER
            case "tuple_expression":
                return Tup([self._expr(child, names, frame) for child in node.children if child.is_named])
            case "struct_expression":
                return self._struct(node, names, frame)
            case "let_condition":
                value = self._child(node, "value", names, frame)
                pattern = node.child_by_field("pattern")
                if pattern is None:
                    raise Undecided
                return OTHER if self._bind(names, frame, pattern, value) else GONE
            case "let_chain":
                for child in node.children:
                    if child.is_named and self._expr(child, names, frame) is GONE:
                        return GONE
                return OTHER
            case "index_expression":
                value = self._expr(node.children[0], names, frame)
                for child in node.children[1:]:
                    if child.is_named:
                        self._expr(child, names, frame)
                if isinstance(value, Part):
                    return value.at(ELEMENT)
                self._escape(value)
                return OTHER
            case "async_block" | "yield_expression" | "try_block":
                raise Undecided
            case _:
                for child in node.children:
                    if child.is_named:
                        self._escape(self._expr(child, names, frame))
                return OTHER

    def _child(self, node: Node, name: str, names: Names, frame: Frame) -> Value:
        child = node.child_by_field(name)
        if child is None:
            raise Undecided
        return self._expr(child, names, frame)

    def _field(self, node: Node, names: Names, frame: Frame) -> Value:
        value = self._child(node, "value", names, frame)
        field_node = node.child_by_field("field")
        name = "" if field_node is None else field_node.text(frame.file.text)
        match value:
            case Part():
                return value.at(name)
            case Record(_, fields):
                return fields.get(name, OTHER)
            case Tup(elements):
                return elements[int(name)] if name.isdigit() and int(name) < len(elements) else OTHER
            case Choice(options):
                return choice([option.at(name) if isinstance(option, Part) else OTHER for option in options])
            case _:
                return OTHER

    def _struct(self, node: Node, names: Names, frame: Frame) -> Value:
        text = frame.file.text
        name, body = node.child_by_field("name"), node.child_by_field("body")
        if name is None or body is None:
            raise Undecided
        record = Record(name.text(text).rpartition("::")[2])
        if record.name == "Self":
            record.name = frame.owner
        is_own = record.name in self.crate.own_types
        for child in body.children:
            match child.kind:
                case "shorthand_field_initializer":
                    record.fields[child.children[-1].text(text)] = self._expr(child.children[-1], names, frame)
                case "field_initializer":
                    key = child.child_by_field("field") or child.child_by_field("name") or child.children[0]
                    record.fields[key.text(text)] = self._child(child, "value", names, frame)
                case "base_field_initializer":
                    base = self._expr(child.children[-1], names, frame)
                    if carries(base) and is_own:
                        raise Undecided
                case _:
                    pass
        if is_own:
            return record
        # A function that is put together again from its own pieces.
        if all(record.fields.get(name) == Part((name,)) for name in ("sig", BLOCK)):
            return Part()
        self._escape(record)
        return OTHER

    def _if(self, node: Node, names: Names, frame: Frame) -> Value:
        inside = dict(names)
        reached = self._child(node, "condition", inside, frame)
        branches: list[Names] = []
        values: list[Value] = []
        consequence, alternative = node.child_by_field("consequence"), node.child_by_field("alternative")
        if consequence is None:
            raise Undecided
        if reached is not GONE:
            value = self._block(consequence, inside, frame)
            values.append(value)
            if value is not GONE and value is not FAILURE:
                branches.append({name: variable for name, variable in inside.items() if name in names})
        outside = dict(names)
        value = EMPTY
        if alternative is not None:
            value = self._expr(alternative.children[-1], outside, frame)
        values.append(value)
        if value is not GONE and value is not FAILURE:
            branches.append(outside)
        self._restore(names, branches)
        return choice(values)

    def _match(self, node: Node, names: Names, frame: Frame) -> Value:
        scrutinee = self._child(node, "value", names, frame)
        body = node.child_by_field("body")
        if body is None:
            raise Undecided
        values: list[Value] = []
        branches: list[Names] = []
        for arm in body.children:
            if arm.kind != "match_arm":
                continue
            here = dict(names)
            pattern, value_node = arm.child_by_field("pattern"), arm.child_by_field("value")
            if pattern is None or value_node is None:
                raise Undecided
            value = Part(scrutinee.path, scrutinee.access) if isinstance(scrutinee, Part) else scrutinee
            if not self._bind(here, frame, pattern, value):
                continue
            guard = pattern.child_by_field("condition")
            if guard is not None:
                self._expr(guard, here, frame)
            result = self._expr(value_node, here, frame)
            values.append(result)
            if result is not GONE and result is not FAILURE:
                branches.append({name: variable for name, variable in here.items() if name in names})
        self._restore(names, branches)
        return choice(values) if values else GONE

    def _loop(self, node: Node, names: Names, frame: Frame) -> Value:
        element: Value = OTHER
        body = node.child_by_field("body")
        if body is None:
            raise Undecided
        if node.kind == "for_expression":
            element = self._element(self._child(node, "value", names, frame))
        outer = frame.jumps
        for _ in range(2):
            frame.jumps = []
            here = dict(names)
            pattern, condition = node.child_by_field("pattern"), node.child_by_field("condition")
            if pattern is not None:
                self._bind(here, frame, pattern, element)
            if condition is not None:
                self._expr(condition, here, frame)
            self._block(body, here, frame)
            for end in (here, *frame.jumps):
                self._after(end, names)
        frame.jumps = outer
        return EMPTY

    def _after(self, end: Names, names: Names) -> None:
        """What a pass of a loop leaves of the variables around it: lists that have grown, or nothing that is known."""
        for name, variable in names.items():
            now = end.get(name)
            if now is None or now is variable or now.let != variable.let:
                continue
            if isinstance(now.value, Each) and (variable.value is EMPTY or isinstance(variable.value, Each)):
                names[name] = Variable(choice([variable.value, now.value]), variable.is_mut, variable.let)
            else:
                self._escape(variable.value)
                self._escape(now.value)
                names[name] = Variable(OTHER, variable.is_mut, variable.let)

    def _assign(self, node: Node, names: Names, frame: Frame) -> Value:
        left, value = node.child_by_field("left"), self._child(node, "right", names, frame)
        if left is None:
            raise Undecided
        while left.kind == "parenthesized_expression":
            left = left.children[-1]
        if left.kind == "identifier":
            name = left.text(frame.file.text)
            found = names.get(name)
            if found is None:
                self._escape(value)
            else:
                if isinstance(value, Part):
                    value = Part(value.path, value.access)
                names[name] = Variable(value, found.is_mut, found.let)
            return EMPTY
        target = self._expr(left, names, frame)
        if isinstance(target, Part):
            if self._has_new_body(left, target, value, names, frame):
                return EMPTY
            self.stored.append((target.path, value))
        else:
            self._escape(value)
            self._forget_root(left, names, frame)
        return EMPTY

    def _has_new_body(self, left: Node, target: Part, value: Value, names: Names, frame: Frame) -> bool:
        """`f.block = ..` of a variable that owns the function, which is then no more than a function beside others."""
        owner = left.child_by_field("value")
        if target.path != (BLOCK,) or owner is None or owner.kind != "identifier" or carries(value, _is_body):
            return False
        name = owner.text(frame.file.text)
        found = names.get(name)
        if found is None or not isinstance(found.value, Part) or found.value.access is not Access.OWNED:
            return False
        names[name] = Variable(Tokens(WITHOUT_BODY, {}), found.is_mut, found.let)
        return True

    def _forget_root(self, node: Node, names: Names, frame: Frame) -> None:
        """Something in a variable that is not followed further was assigned."""
        while node.children and node.kind in ("field_expression", "index_expression", "unary_expression"):
            node = node.children[-1] if node.kind == "unary_expression" else node.children[0]
        name = node.text(frame.file.text)
        found = names.get(name)
        if found is not None and carries(found.value):
            raise Undecided

    def _lambda(self, node: Node, args: list[Value], names: Names, frame: Frame) -> Value:
        here = dict(names)
        params, body = node.child_by_field("parameters"), node.child_by_field("body")
        if params is None or body is None:
            raise Undecided
        given = list(args)
        for param in params.children:
            if not (param.is_named or param.kind == "_"):
                continue
            value = given.pop(0) if given else OTHER
            if param.kind == "parameter":
                pattern = param.child_by_field("pattern")
                if pattern is None:
                    raise Undecided
                value = self._typed(value, param.child_by_field("type"), frame)
                if pattern.kind == "identifier":
                    self._bind_name(here, frame, pattern, value, is_mut=param.has("mutable_specifier"))
                else:
                    self._bind(here, frame, pattern, value)
            else:
                self._bind(here, frame, param, value)
        bound = dict(here)
        inner = Frame(frame.file, frame.owner, gives_option=False)
        last = self._expr(body, here, inner)
        for name, variable in list(names.items()):
            now = here.get(name)
            if bound.get(name) is not variable or now is variable:
                continue
            if now is None or carries(variable.value) or carries(now.value):
                raise Undecided
            names[name] = Variable(OTHER, variable.is_mut, variable.let)
        return choice([*inner.returned, last])


def _is_body(part: Part) -> bool:
    """Whether what was written in the function may be in it."""
    return part.path[:1] in ((), (BLOCK,))
