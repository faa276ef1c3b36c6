"""What a build script tells rustc, read from its source: which `cargo::rustc-cfg` lines it prints, and when.

Nothing is run: `main` and the functions that it calls are followed as far as features and the platform decide them.
Invariant: what may be printed where that is not known stays open, and so does what other crates may print.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from closurelens.project.autocfg import probe
from closurelens.project.build_output import BuildOutput
from closurelens.project.cfg import evaluate, macro_holds, parse_predicate
from closurelens.project.model import ANY_CUSTOM_NAME, CfgSet
from closurelens.project.script_printed import Printed
from closurelens.project.script_text import INLINE, NAMED, arguments_of, literal_value
from closurelens.project.script_values import (
    UNKNOWN_TEXT,
    Absent,
    Lambda,
    Listed,
    Present,
    Value,
    environment,
    formatted,
    method,
    same,
)
from closurelens.records import dataclass
from closurelens.syntax.lex import COMMENT_OR_LITERAL
from closurelens.syntax.nodes import Node, tree_of, tree_of_fragment

_FROM_ELSEWHERE = re.compile(rb"\binclude!|\bmod\s+\w+\s*;|\bCommand\b")
_LEAVES = re.compile(rb"\breturn\b|\bbreak\b|\bcontinue\b|\bexit\b|\bloop\b")
_WORD = re.compile(rb"[^\W\d]\w*")
_CFG = re.compile(r"#\s*\[\s*cfg\s*\((.*)\)\s*\]", re.DOTALL)
_INERT = re.compile(r"#\s*\[\s*(?:allow|cold|deny|doc|expect|forbid|inline|must_use|warn|clippy::\w+|rustfmt::skip)\b")
_VARIABLE = re.compile(r"(?:(?:::)?std::)?(?:env::)?var(?:_os)?")
_DEPTH = 60
_CALLS = 2000


def output_of_script(script: bytes, package: str, cfg: CfgSet, host: CfgSet, *, has_helpers: bool) -> BuildOutput:
    """`cfg` is the package's without it, `host` that of the script, which may call other crates if it `has_helpers`."""
    why = f"the build script of `{package}` may set it"
    output = BuildOutput()
    is_open = has_helpers or _FROM_ELSEWHERE.search(script) is not None
    if b"rustc-cfg" in script or b"autocfg" in script:
        printed = Printed()
        _Script(script, cfg, host, printed).main()
        output = BuildOutput(frozenset(printed.options), dict.fromkeys(printed.perhaps, why))
        is_open = is_open or printed.anything
    if is_open:
        output.open[ANY_CUSTOM_NAME] = why
    return output


@dataclass(slots=True)
class _Frame:
    """A call that is followed. `may_have_left`: by a `return` that may not be reached; `has_left`: by one that was."""

    is_main: bool
    may_have_left: bool = False
    has_left: bool = False
    value: Value = None


_Variables = dict[str, Value]


class _Script:
    """`_source` is what nodes at hand stand in: the script, or the arguments of a macro.

    `_open` counts the branches around that may not be taken, `_choices` those whose alternatives are looked at as well.
    """

    def __init__(self, source: bytes, cfg: CfgSet, host: CfgSet, printed: Printed) -> None:
        self._script = self._source = source
        self._cfg = cfg
        self._host = host
        self._printed = printed
        self._frame = _Frame(is_main=True)
        self._open = 0
        self._choices = 0
        self._depth = 0
        self._calls = 0
        self._seen: set[bytes] = set()
        self._functions: dict[str, Node] = {}
        self._constants: dict[str, Node] = {}
        self._macros: set[str] = set()
        self._named: dict[bytes, list[Node]] = {}

    def main(self) -> None:
        root = tree_of(self._source)
        self._collect(root)
        body = self._functions.get("main")
        if body is None or root.has_error:
            self._unread(root)
            return
        if any(re.search(rb"\bexit\b", self._source[item.start : item.end]) for item in self._elsewhere(root)):
            self._open += 1
        self._call(body, ())

    def _elsewhere(self, root: Node) -> list[Node]:
        main = self._functions["main"]
        return [item for item in root.children if item is not main]

    def _collect(self, root: Node) -> None:
        """What has a name; functions of which there may be several are not followed."""
        for node in root.descendants():
            if node.kind in ("function_item", "const_item", "static_item", "macro_definition"):
                name = node.child_by_field("name")
                if name is not None:
                    self._named.setdefault(name.text(self._source).encode(), []).append(node)
                    if node.kind == "macro_definition":
                        self._macros.add(name.text(self._source))
        given: bool | None = True
        for item in root.children:
            if item.kind == "attribute_item":
                given = _both(given, self._attribute(item.text(self._source)))
                continue
            name = item.child_by_field("name")
            if name is not None and given is not False:
                table = {"function_item": self._functions, "const_item": self._constants}.get(item.kind)
                key = name.text(self._source)
                if table is not None and (given or len(self._named[key.encode()]) == 1):
                    table[key] = item
            given = True

    def _attribute(self, text: str) -> bool | None:
        found = _CFG.fullmatch(text)
        if found is None:
            return True if _INERT.match(text) is not None else None
        return evaluate(parse_predicate(found[1]), self._host).certain()

    # What is not followed

    def _unread(self, node: Node) -> None:
        """Anything in it may happen, or not."""
        text = self._source[node.start : node.end]
        if _LEAVES.search(text) is not None:
            self._frame.may_have_left = True
        work = [text]
        while work:
            text = work.pop()
            for string in COMMENT_OR_LITERAL.finditer(text):
                if b"rustc-cfg" in string[0] and string[0][:1] in b'r"':
                    self._printed.string(literal_value(string[0].decode("utf-8", "replace")))
            for word in _WORD.findall(text):
                if word in self._named and word not in self._seen:
                    self._seen.add(word)
                    work += [self._script[item.start : item.end] for item in self._named[word]]

    # Statements

    def _block(self, block: Node, outer: _Variables) -> Value:
        variables = dict(outer)
        given: bool | None = True
        value: Value = None
        opened = 0
        for statement in block.children:
            if statement.kind == "attribute_item":
                given = _both(given, self._attribute(statement.text(self._source)))
                continue
            if self._frame.has_left:
                break
            if self._frame.may_have_left and not opened:
                opened = 1
                self._open += 1
            value = None
            if given is None:
                self._perhaps(statement, variables)
            elif given:
                value = self._statement(statement, variables)
            given = True
        self._open -= opened
        return value

    def _perhaps(self, node: Node, variables: _Variables) -> Value:
        self._open += 1
        value = self._statement(node, variables)
        self._open -= 1
        return value

    def _statement(self, node: Node, variables: _Variables) -> Value:
        match node.kind:
            case "let_declaration":
                self._let(node, variables)
                return None
            case "expression_statement" if node.children:
                value = self._value(node.children[0], variables)
                return None if node.has(";") else value
            case "function_item" | "use_declaration" | "const_item" | ";":
                return None
        return self._value(node, variables)

    def _let(self, node: Node, variables: _Variables) -> None:
        pattern, initial = node.child_by_field("pattern"), node.child_by_field("value")
        value = None if initial is None else self._value(initial, variables)
        otherwise = node.child_by_field("alternative")
        if otherwise is not None:
            self._unread(otherwise)
        if pattern is not None:
            known = {} if node.has("mutable_specifier") else self._matched(pattern, value)[1]
            self._bind(pattern, known, variables)

    def _bind(self, pattern: Node, known: Mapping[str, Value], variables: _Variables) -> None:
        """Other names in the pattern hide what they named before."""
        for node in pattern.descendants():
            if node.kind == "identifier":
                variables[node.text(self._source)] = None
        variables.update(known)

    # Expressions

    def _value(self, node: Node, variables: _Variables) -> Value:
        if self._depth > _DEPTH:
            self._unread(node)
            return None
        self._depth += 1
        value = self._value_of(node, variables)
        self._depth -= 1
        return value

    def _value_of(self, node: Node, variables: _Variables) -> Value:
        parts = node.named_children
        match node.kind:
            case "identifier":
                return self._name(node, variables)
            case "boolean_literal":
                return node.text(self._source) == "true"
            case "string_literal" | "raw_string_literal":
                text = literal_value(node.text(self._source))
                self._printed.string(text)
                return text
            case "integer_literal" | "unit_expression" | "char_literal":
                return None
            case "array_expression" if not node.has(";"):
                return Listed(tuple(self._value(part, variables) for part in parts))
            case "parenthesized_expression" | "reference_expression" if len(parts) == 1:
                return self._value(parts[0], variables)
            case "unary_expression" if len(parts) == 1:
                value = self._value(parts[0], variables)
                if node.children[0].kind == "!":
                    return not value if isinstance(value, bool) else None
                return value
            case "try_expression" if parts:
                return self._try(parts[0], variables)
            case "binary_expression":
                return self._binary(node, variables)
            case "block":
                return self._block(node, variables)
            case "if_expression":
                return self._if(node, variables)
            case "match_expression":
                return self._match(node, variables)
            case "for_expression":
                return self._for(node, variables)
            case "return_expression":
                return self._return(parts, variables)
            case "closure_expression":
                self._unread(node)
                return Lambda(node, self._source, dict(variables))
            case "call_expression":
                return self._call_expression(node, variables)
            case "macro_invocation":
                return self._macro(node, variables)
        self._unread(node)
        return None

    def _name(self, node: Node, variables: _Variables) -> Value:
        name = node.text(self._source)
        if name in variables:
            return variables[name]
        if name == "None":
            return Absent()
        constant = self._constants.get(name)
        value = None if constant is None else constant.child_by_field("value")
        if value is not None:
            return self._within(self._script, value, {})
        self._unread(node)
        return None

    def _try(self, inner: Node, variables: _Variables) -> Value:
        """An error that `main` gives is the end of the build."""
        value = self._value(inner, variables)
        if isinstance(value, Present):
            return value.value
        self._frame.may_have_left |= not self._frame.is_main
        return None

    def _return(self, parts: Sequence[Node], variables: _Variables) -> Value:
        value = self._value(parts[0], variables) if parts else None
        if self._open or self._choices or self._frame.may_have_left:
            self._frame.may_have_left = True
        else:
            self._frame.has_left = True
            self._frame.value = value
        return None

    def _binary(self, node: Node, variables: _Variables) -> Value:
        left, right, sign = (node.child_by_field(name) for name in ("left", "right", "operator"))
        if left is None or right is None or sign is None:
            return None
        operator = sign.text(self._source)
        a = self._value(left, variables)
        if operator not in ("&&", "||"):
            b = self._value(right, variables)
            equal = same(a, b) if operator in ("==", "!=") else None
            return None if equal is None else equal is (operator == "==")
        decisive = operator == "||"
        if a is decisive:
            return decisive
        b = self._value(right, variables) if isinstance(a, bool) else self._perhaps(right, variables)
        if b is decisive:
            return decisive
        return not decisive if isinstance(a, bool) and isinstance(b, bool) else None

    def _if(self, node: Node, variables: _Variables) -> Value:
        condition, then = node.child_by_field("condition"), node.child_by_field("consequence")
        other = node.child_by_field("alternative")
        if other is not None and other.kind == "else_clause":
            other = other.children[-1]
        if condition is None or then is None:
            return None
        inner = dict(variables)
        holds = self._condition(condition, inner)
        if holds is None:
            self._one_of([(then, inner), (other, variables)])
            return None
        if holds:
            return self._value(then, inner)
        return None if other is None else self._value(other, variables)

    def _one_of(self, branches: Sequence[tuple[Node | None, _Variables]]) -> None:
        """One of these is taken; what all of them print is printed."""
        outer = self._printed
        found: list[Printed] = []
        before = after = self._frame.may_have_left
        self._choices += 1
        for node, variables in branches:
            self._printed = Printed()
            self._frame.may_have_left = before
            if node is not None:
                self._value(node, variables)
            found.append(self._printed)
            after = after or self._frame.may_have_left
        self._frame.may_have_left = after
        self._choices -= 1
        self._printed = outer
        outer.take_one_of(found, surely=not self._open)

    def _condition(self, node: Node, variables: _Variables) -> bool | None:
        """What `let` binds in it is put among the variables."""
        if node.kind == "let_chain":
            holds: bool | None = True
            for part in node.named_children:
                holds = _both(holds, self._condition(part, variables))
                if holds is False:
                    break
            return holds
        if node.kind != "let_condition":
            value = self._value(node, variables)
            return value if isinstance(value, bool) else None
        pattern, initial = node.child_by_field("pattern"), node.child_by_field("value")
        if pattern is None or initial is None:
            return None
        holds, known = self._matched(pattern, self._value(initial, variables))
        self._bind(pattern, known, variables)
        return holds

    def _match(self, node: Node, variables: _Variables) -> Value:
        scrutinee, body = node.child_by_field("value"), node.child_by_field("body")
        if scrutinee is None or body is None:
            return None
        value = self._value(scrutinee, variables)
        possible: list[tuple[Node | None, _Variables]] = []
        for arm in body.children:
            pattern, result = arm.child_by_field("pattern"), arm.child_by_field("value")
            if arm.kind != "match_arm" or pattern is None or result is None:
                continue
            inner = dict(variables)
            holds = self._arm(pattern, value, inner)
            if any(child.kind == "attribute_item" for child in arm.children):
                holds = None if holds else holds
            if holds and not possible:
                return self._value(result, inner)
            if holds is not False:
                possible.append((result, inner))
            if holds:
                break
        self._one_of(possible)
        return None

    def _arm(self, pattern: Node, value: Value, variables: _Variables) -> bool | None:
        guard = pattern.child_by_field("condition")
        holds, known = self._matched(pattern.children[0], value)
        self._bind(pattern.children[0], known, variables)
        if guard is None or holds is False:
            return holds
        self._open += holds is None
        allowed = self._condition(guard, variables)
        self._open -= holds is None
        return _both(holds, allowed)

    def _matched(self, pattern: Node, value: Value) -> tuple[bool | None, Mapping[str, Value]]:
        """Whether it matches, and what it binds as far as that is known."""
        text = pattern.text(self._source)
        parts = pattern.named_children
        match pattern.kind:
            case "_":
                return True, {}
            case "identifier" if text == "None":
                return (None if value is None else isinstance(value, Absent)), {}
            case "identifier" if text[:1].islower() or text[:1] == "_":
                return True, {text: value}
            case "string_literal" | "raw_string_literal":
                return same(value, literal_value(text)), {}
            case "boolean_literal":
                return same(value, text == "true"), {}
            case "or_pattern":
                answers = [self._matched(part, value)[0] for part in parts]
                if True in answers:
                    return True, {}
                return (None if None in answers else False), {}
            case "reference_pattern" if len(parts) == 1:
                return self._matched(parts[0], value)
            case "tuple_struct_pattern" if len(parts) == 2 and value is not None:
                wants = parts[0].text(self._source) in ("Some", "Ok")
                if isinstance(value, Present) and wants:
                    return self._matched(parts[1], value.value)
                if isinstance(value, (Present, Absent)) and parts[0].text(self._source) in ("Some", "Ok", "Err"):
                    return wants is isinstance(value, Present), {}
        return None, {}

    def _for(self, node: Node, variables: _Variables) -> Value:
        pattern, over, body = (node.child_by_field(name) for name in ("pattern", "value", "body"))
        if pattern is None or over is None or body is None:
            return None
        values = self._value(over, variables)
        if not isinstance(values, Listed) or _LEAVES.search(self._source, body.start, body.end):
            self._unread(body)
            return None
        for value in values.values:
            inner = dict(variables)
            self._bind(pattern, self._matched(pattern, value)[1], inner)
            self._value(body, inner)
        return None

    # Calls

    def _call_expression(self, node: Node, variables: _Variables) -> Value:
        function, given = node.child_by_field("function"), node.child_by_field("arguments")
        if function is None or given is None:
            return None
        if function.kind == "field_expression":
            receiver, name = function.child_by_field("value"), function.child_by_field("field")
            if receiver is None or name is None:
                return None
            self._unread(name)
            self_value = self._value(receiver, variables)
            arguments = [self._value(argument, variables) for argument in given.named_children]
            asked = None
            if b"autocfg" in self._script:
                texts = [argument.text(self._source) for argument in given.named_children]
                asked = probe(name.text(self._source), texts, arguments, self._cfg)
            if asked is None:
                return method(name.text(self._source), self_value, arguments, self._call_closure)
            if asked.option is not None:
                self._set(asked.option, asked.answer)
            return asked.answer
        arguments = [self._value(argument, variables) for argument in given.named_children]
        name_text = "".join(function.text(self._source).split())
        callee = self._functions.get(name_text)
        if callee is not None and name_text not in variables:
            return self._call(callee, arguments)
        self._unread(function)
        match arguments:
            case [value] if name_text == "autocfg::emit":
                self._set(value if isinstance(value, str) else ANY_CUSTOM_NAME, True)
                return None
            case [str(text)] if _VARIABLE.fullmatch(name_text):
                return environment(text, self._cfg)
            case [value] if name_text in ("Some", "Ok"):
                return Present(value)
            case [_] if name_text == "Err":
                return Absent()
            case [value] if name_text in ("String::from", "ToString::to_string"):
                return value
        return None

    def _set(self, name: str, answer: bool | None) -> None:
        """What autocfg prints if the answer is yes."""
        if name == ANY_CUSTOM_NAME:
            self._printed.anything = True
        elif answer and not self._open:
            self._printed.options.add((name, None))
        elif answer is not False:
            self._printed.perhaps.add(name)

    def _call(self, function: Node, arguments: Sequence[Value]) -> Value:
        body, parameters = function.child_by_field("body"), function.child_by_field("parameters")
        wanted = [] if parameters is None else parameters.named_children
        self._calls += 1
        variables: _Variables = {}
        outer_source, self._source = self._source, self._script
        for parameter, value in zip(wanted, arguments, strict=False):
            pattern = parameter.child_by_field("pattern")
            if pattern is not None:
                known = {} if parameter.has("mutable_specifier") else self._matched(pattern, value)[1]
                self._bind(pattern, known, variables)
        if body is None or len(wanted) != len(arguments) or self._calls > _CALLS:
            self._unread(function)
            self._source = outer_source
            return None
        outer, self._frame = self._frame, _Frame(is_main=function is self._functions.get("main"))
        value = self._value(body, variables)
        self._source = outer_source
        if self._frame.has_left:
            value = self._frame.value
        elif self._frame.may_have_left:
            value = None
        self._frame = outer
        return value

    def _call_closure(self, closure: Lambda, argument: Value) -> Value:
        """For its value: what it prints is taken note of where it stands."""
        body, parameters = closure.node.child_by_field("body"), closure.node.child_by_field("parameters")
        if body is None or parameters is None or _LEAVES.search(closure.source, body.start, body.end):
            return None
        variables = dict(closure.variables)
        outer, self._source = self._source, closure.source
        for pattern in parameters.named_children:
            self._bind(pattern, self._matched(pattern, argument)[1], variables)
        value = self._perhaps(body, variables)
        self._source = outer
        return value

    def _within(self, source: bytes, node: Node, variables: _Variables) -> Value:
        outer, self._source = self._source, source
        value = self._value(node, variables)
        self._source = outer
        return value

    # Macros

    def _macro(self, node: Node, variables: _Variables) -> Value:
        macro, tokens = node.child_by_field("macro"), node.child_of_kind("token_tree")
        if macro is None or tokens is None:
            return None
        name = macro.text(self._source).rpartition("::")[2]
        inside = self._source[tokens.start + 1 : tokens.end - 1]
        if name not in self._macros:
            match name:
                case "cfg":
                    return macro_holds(inside.decode("utf-8", "replace"), self._host).certain()
                case "eprintln" | "eprint":
                    return None
                case "matches":
                    scrutinee, *patterns = arguments_of(inside)
                    test = b"match %b { %b => true, _ => false }" % (scrutinee, b",".join(patterns))
                    return self._fragment(test, node, variables)
                case "println" | "print" | "format":
                    text = self._formatted(arguments_of(inside), node, variables)
                    if text is not None and name == "format":
                        self._printed.string(text)
                        return None if UNKNOWN_TEXT in text else text
                    if text is not None:
                        self._printed.lines(text, surely=not self._open)
                        return None
        self._unread(node)
        return None

    def _formatted(self, arguments: Sequence[bytes], call: Node, variables: _Variables) -> str | None:
        template = tree_of_fragment(arguments[0], "expr")
        if template is None or template.kind not in ("string_literal", "raw_string_literal"):
            return None
        text = literal_value(arguments[0].decode("utf-8", "replace"))
        positional: list[Value] = []
        named = {name: self._fragment(name.encode(), call, variables) for name in INLINE.findall(text)}
        for argument in arguments[1:]:
            name = NAMED.match(argument)
            value = self._fragment(argument if name is None else argument[name.end() :], call, variables)
            positional.append(value)
            if name is not None:
                named[name[1].decode()] = value
        return formatted(text, positional, named)

    def _fragment(self, text: bytes, call: Node, variables: _Variables) -> Value:
        """The value of an expression in the arguments of a macro call."""
        node = tree_of_fragment(text, "expr")
        if node is None:
            self._unread(call)
            return None
        return self._within(text, node, variables)


def _both(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True
