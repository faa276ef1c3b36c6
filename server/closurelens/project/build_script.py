"""What a build script tells rustc, read from its source: which `cargo::rustc-cfg` lines it prints, and when.

Nothing is run: the `if`s of `main` are followed as far as features and the platform decide them. Invariant: whatever
else the script, or a crate it names, may print stays open.
"""

from __future__ import annotations

import re

from closurelens.project.build_output import BuildOutput
from closurelens.project.cfg import evaluate, macro_holds, parse_predicate
from closurelens.project.model import ANY_CUSTOM_NAME, CfgOption, CfgSet
from closurelens.records import dataclass, field
from closurelens.syntax.nodes import Node, tree_of

_STRINGS = re.compile(
    rb"""//[^\n]*|/\*.*?\*/|'(?:\\.|[^\\'])'|r(?P<hashes>#*)".*?"(?P=hashes)|"(?:\\.|[^"\\])*\"""", re.DOTALL
)
_SET = re.compile(rb'r?#*"cargo::?rustc-cfg=(\w+)(?:=\\?"(\w*)\\?")?(?:\\n)?"#*')
_PRINTED = re.compile(rb"\(\s*(" + _SET.pattern.replace(b"(\\w", b"(?:\\w") + rb")\s*,?\s*\)")
_FROM_ELSEWHERE = re.compile(rb"\binclude!|\bmod\s+\w+\s*;|\bCommand\b")
_ENDS = re.compile(rb"\breturn\b|\bexit\b|\?")
_CFG = re.compile(r"#\s*\[\s*cfg\s*\((.*)\)\s*\]", re.DOTALL)
_MACRO = re.compile(r"cfg\s*!\s*\((.*)\)", re.DOTALL)
_VARIABLE = re.compile(r'(?:(?:::)?std::)?(?:env::)?var(?:_os)?\(\s*"(\w+)"\s*\)')


def output_of_script(script: bytes, package: str, cfg: CfgSet, host: CfgSet, *, has_helpers: bool) -> BuildOutput:
    """`cfg` is the package's without it, `host` that of the script, which may call other crates if it `has_helpers`."""
    why = f"the build script of `{package}` may set it"
    strings = [found for found in _STRINGS.finditer(script) if b"rustc-cfg" in found[0] and found[0][:1] in b'r"']
    follow = _Follow(script, cfg, host)
    if strings:
        follow.main()
    output = BuildOutput(frozenset(follow.options))
    is_open = has_helpers or _FROM_ELSEWHERE.search(script) is not None
    for string in strings:
        if string.start() not in follow.decided:
            found = _SET.fullmatch(string[0])
            if found is None:
                is_open = True
            else:
                output.open[found[1].decode()] = why
    if is_open:
        output.open[ANY_CUSTOM_NAME] = why
    return output


@dataclass(slots=True)
class _Follow:
    """`options` are certainly set; `decided` is where strings stand that are certainly printed, or certainly not."""

    script: bytes
    cfg: CfgSet
    host: CfgSet
    options: set[CfgOption] = field(default_factory=set)
    decided: set[int] = field(default_factory=set)

    def main(self) -> None:
        root = tree_of(self.script)
        mains = [item for item in root.children if item.kind == "function_item" and self._name(item) == "main"]
        body = mains[0].child_by_field("body") if len(mains) == 1 and not root.has_error else None
        if body is not None:
            self._block(body)

    def _name(self, item: Node) -> str:
        name = item.child_by_field("name")
        return "" if name is None else name.text(self.script)

    def _block(self, block: Node) -> None:
        """What stands behind a way out of `main` is left open."""
        given: bool | None = True
        for statement in block.children:
            if statement.kind == "attribute_item":
                given = _both(given, self._attribute(statement.text(self.script)))
                continue
            if given is False:
                self._never(statement)
            elif given:
                self._statement(statement)
            if given is not False and _ENDS.search(self.script, statement.start, statement.end):
                return
            given = True

    def _attribute(self, text: str) -> bool | None:
        found = _CFG.fullmatch(text)
        if found is None:
            return None if "cfg" in text else True
        return evaluate(parse_predicate(found[1]), self.host).certain()

    def _statement(self, node: Node) -> None:
        while node.kind == "expression_statement" and node.children:
            node = node.children[0]
        match node.kind:
            case "block":
                self._block(node)
            case "if_expression":
                self._if(node)
            case "macro_invocation":
                macro, arguments = node.child_by_field("macro"), node.child_of_kind("token_tree")
                if macro is not None and arguments is not None and macro.text(self.script) in ("println", "print"):
                    self._print(arguments)

    def _print(self, arguments: Node) -> None:
        printed = _PRINTED.fullmatch(self.script, arguments.start, arguments.end)
        option = None if printed is None else _SET.fullmatch(printed[1])
        if printed is not None and option is not None:
            self.decided.add(printed.start(1))
            self.options.add((option[1].decode(), None if option[2] is None else option[2].decode()))

    def _if(self, node: Node) -> None:
        condition = node.child_by_field("condition")
        holds = None if condition is None else self._holds(condition)
        if holds is None:
            return
        taken, other = ("consequence", "alternative") if holds else ("alternative", "consequence")
        skipped, block = node.child_by_field(other), node.child_by_field(taken)
        if skipped is not None:
            self._never(skipped)
        if block is not None and block.kind == "else_clause":
            block = block.children[-1]
        if block is not None:
            self._statement(block)

    def _never(self, node: Node) -> None:
        self.decided.update(range(node.start, node.end))

    # Conditions

    def _holds(self, node: Node) -> bool | None:
        text = node.text(self.script)
        match node.kind:
            case "parenthesized_expression" if len(node.named_children) == 1:
                return self._holds(node.named_children[0])
            case "unary_expression" if text.startswith("!"):
                part = self._holds(node.named_children[0])
                return None if part is None else not part
            case "boolean_literal":
                return text == "true"
            case "macro_invocation":
                found = _MACRO.fullmatch(text)
                return None if found is None else macro_holds(found[1], self.host).certain()
            case "binary_expression":
                left, right, operator = (node.child_by_field(name) for name in ("left", "right", "operator"))
                if left is not None and right is not None and operator is not None:
                    return self._binary(left, operator.text(self.script), right)
            case "call_expression":
                return self._is_set(node)
        return None

    def _binary(self, left: Node, operator: str, right: Node) -> bool | None:
        if operator in ("&&", "||"):
            a, b = self._holds(left), self._holds(right)
            decisive = operator == "||"
            if decisive in (a, b):
                return decisive
            return None if a is None or b is None else not decisive
        if operator not in ("==", "!="):
            return None
        value, wanted = self._value(left), _literal(right.text(self.script))
        if value is None or wanted is None:
            return None
        return (value == wanted) is (operator == "==")

    def _is_set(self, call: Node) -> bool | None:
        """`env::var("X").is_ok()` and the like."""
        function = call.child_by_field("function")
        if function is None or function.kind != "field_expression":
            return None
        receiver, method = function.child_by_field("value"), function.child_by_field("field")
        if receiver is None or method is None:
            return None
        value = self._variable(receiver.text(self.script))
        if value is None:
            return None
        match method.text(self.script):
            case "is_ok" | "is_some":
                return value != _UNSET
            case "is_err" | "is_none":
                return value == _UNSET
        return None

    def _value(self, node: Node) -> str | None:
        """The value of a variable that is compared: `Ok("linux")` and `"linux"` count as the same."""
        text = node.text(self.script)
        value = self._variable(re.sub(r"\.(?:as_deref|as_ref|unwrap|unwrap_or_default)\(\)", "", text))
        return "" if value == _UNSET and "unwrap_or_default" in text else value

    def _variable(self, text: str) -> str | None:
        """What cargo says in an environment variable; None: not known."""
        found = _VARIABLE.fullmatch("".join(text.split()))
        if found is None:
            return None
        name = found[1]
        for prefix in ("CARGO_FEATURE_", "CARGO_CFG_"):
            if name.startswith(prefix):
                return self._of_cfg(prefix, name.removeprefix(prefix))
        return None

    def _of_cfg(self, prefix: str, name: str) -> str | None:
        if prefix == "CARGO_FEATURE_":
            features = (value for key, value in self.cfg.options if key == "feature" and value is not None)
            if any(value.upper().replace("-", "_") == name for value in features):
                return "1"
            return None if "feature" in self.cfg.open else _UNSET
        name = name.lower()
        if name in self.cfg.open or name in ("feature", "debug_assertions", "test", "doc"):
            return None
        values = sorted(value or "" for key, value in self.cfg.options if key == name)
        return ",".join(values) if values else _UNSET


_UNSET = "\0"


def _literal(text: str) -> str | None:
    found = re.fullmatch(r'(?:Ok|Some)?\(?"(\w*)"\)?', text)
    return None if found is None else found[1]


def _both(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True
