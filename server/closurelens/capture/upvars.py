"""What the closures of a body capture, and the trait each needs: rustc's upvar analysis.

Invariant: inner closures are analysed before outer ones and earlier before later, so that what an outer one uses
through an inner one, and the trait of a closure that another one calls, are known when asked for.
"""

from __future__ import annotations

from closurelens.capture import min_captures as mc
from closurelens.capture import reasons
from closurelens.capture.events import Bundle, Doubt, Event, Info, Visit
from closurelens.capture.facts import Facts, GuessReceiver, Kinds
from closurelens.capture.min_captures import ClosureAnalysis, MinCapture, VariableCaptures
from closurelens.capture.model import Capture, ClosureCaptures, Use, UseWhy
from closurelens.capture.places import MUT, SHARED, UNIQUE, VALUE, Access, is_prefix, keys, to_mode, to_model
from closurelens.capture.precision import CaptureClause, Processed, doubtful_drop, process
from closurelens.capture.tree import ClosureNode, closure_tree
from closurelens.capture.use_visitor import ExprUseVisitor
from closurelens.hir import body as h
from closurelens.infer.result import ClosureKind, ClosureTypes, InferenceResult
from closurelens.records import dataclass, field
from closurelens.ty.types import Ty

KINDS = (ClosureKind.FN, ClosureKind.FN_MUT, ClosureKind.FN_ONCE)
_RANK = {SHARED: 0, UNIQUE: 1, MUT: 1, VALUE: 2}
_FIRST_PRECISE_EDITION = 2021


@dataclass(slots=True, eq=False)
class _Variable:
    """The uses of one upvar, in order, and their doubts."""

    binding: int
    base_ty: Ty
    uses: list[tuple[Event, Processed]] = field(default_factory=list)
    doubts: list[tuple[Doubt, list[list[Processed]]]] = field(default_factory=list)


def analyze(result: InferenceResult, guess_receiver: GuessReceiver | None = None) -> list[ClosureCaptures]:
    """Every closure and async block of the body, in source order.

    `guess_receiver` tells what methods of a name usually take; it is asked where a method is not known.
    """
    is_precise = result.edition >= _FIRST_PRECISE_EDITION
    tree = closure_tree(result.body, result.local_of, mentions=not is_precise)
    if not tree.nodes:
        return []
    facts = Facts(result, tree, guess_receiver)
    analyses: dict[int, ClosureAnalysis] = {}
    answers: dict[int, ClosureCaptures] = {}
    for node in tree.inner_first():
        analysis = _Analysis(facts, node, analyses, is_precise=is_precise)
        analyses[node.expr.id], answers[node.expr.id] = analysis.run()
    for node in tree.nodes.values():
        answers[node.expr.id].is_off = node.is_off
    return [answers[id] for id in tree.nodes]


class _Analysis:
    """Of one closure."""

    __slots__ = ("analyses", "expr", "facts", "is_precise", "node", "types", "variables")

    def __init__(
        self, facts: Facts, node: ClosureNode, analyses: dict[int, ClosureAnalysis], *, is_precise: bool
    ) -> None:
        self.facts = facts
        self.node = node
        self.expr = node.expr
        self.analyses = analyses
        self.is_precise = is_precise
        self.types: ClosureTypes | None = facts.result.closures.get(node.expr.id)
        self.variables: dict[int, _Variable] = {}

    def run(self) -> tuple[ClosureAnalysis, ClosureCaptures]:
        facts, expr = self.facts, self.expr
        clause = CaptureClause.VALUE if expr.is_move else CaptureClause.REF
        visit = ExprUseVisitor(facts, expr.id, self.analyses).consume_body(expr.body, expr)
        if isinstance(expr, h.Closure) and expr.is_async:
            visit = self._through_coroutine(visit)
        blind = list(dict.fromkeys([*visit.blind, *facts.result.contradictions[:1]]))
        self._process(visit, clause)

        analysis = ClosureAnalysis({}, blind)
        uncertain = list(blind)
        captures: list[Capture] = []
        for variable in self.variables.values():
            found, outcomes = self._min_captures(variable, clause)
            analysis.variables[variable.binding] = found
            captures.extend([self._capture(c, found, outcomes, variable) for c in found.captures])
            shown = {keys(c.projs) for c in found.captures}
            if found.why and (found.is_overflow or any(k not in shown for o in outcomes for k in o)):
                uncertain.append(found.why)
        low, high, why = self._ranks()
        rank = max([_RANK[p.natural] for v in self.variables.values() for _, p in v.uses], default=0)
        self._remember_closure(low, 2 if blind else high, captures, uncertain, why)
        if low != high:
            uncertain.append(why)
        answer = self._answer(KINDS[rank], captures, list(dict.fromkeys(uncertain)))
        if not answer.is_coroutine and rank:
            answer.trait_uses = self._trait_uses(rank)
        return analysis, answer

    def _through_coroutine(self, visit: Visit) -> Visit:
        """The body of an async closure is a coroutine of its own, which borrows unless it must own.

        It must when the closure is `move` and can be called once only; what it captures is used by the closure.
        """
        facts, expr = self.facts, self.expr
        expects_once = self.types is not None and self.types.expected_kind is ClosureKind.FN_ONCE
        consumes = any(
            process(facts, e.base_ty, e.projs, e.access, CaptureClause.REF).natural is VALUE for e in visit.events
        )
        clause = CaptureClause.VALUE if expr.is_move and (expects_once or consumes) else CaptureClause.REF
        for event in visit.events:
            event.projs, event.access = self._captured_by_coroutine(event.base_ty, (event.projs, event.access), clause)
        for doubt in visit.doubts:
            doubt.bundles = [
                tuple([self._captured_by_coroutine(doubt.base_ty, info, clause) for info in bundle])
                for bundle in doubt.bundles
            ]
        return visit

    def _captured_by_coroutine(self, base_ty: Ty, info: Info, clause: CaptureClause) -> Info:
        projs, access, _ = process(self.facts, base_ty, *info, clause)
        if access is VALUE and self.facts.is_copy(projs[-1].ty if projs else base_ty):
            access = SHARED
        return projs, access

    def _process(self, visit: Visit, clause: CaptureClause) -> None:
        facts, variables = self.facts, self.variables
        for event in visit.events:
            variable = self._variable(event.binding, event.base_ty)
            processed = process(facts, event.base_ty, event.projs, event.access, clause)
            variable.uses.append((event, processed))
            if clause is CaptureClause.VALUE and event.doubt is None:
                self._doubt_drop(variable, event, processed)
        for doubt in visit.doubts:
            bundles = [[process(facts, doubt.base_ty, *info, clause) for info in bundle] for bundle in doubt.bundles]
            self._variable(doubt.binding, doubt.base_ty).doubts.append((doubt, bundles))
        for binding in self.node.mentioned:
            if binding not in variables:
                self._variable(binding, facts.result.binding_ty[binding])

    def _doubt_drop(self, variable: _Variable, event: Event, processed: Processed) -> None:
        found = doubtful_drop(self.facts, event.base_ty, processed)
        if found is not None:
            whole, why = found
            event.doubt = Doubt(event.binding, event.base_ty, [], why)
            variable.doubts.append((event.doubt, [[processed], [whole]]))

    def _variable(self, binding: int, base_ty: Ty) -> _Variable:
        variable = self.variables.get(binding)
        if variable is None:
            variable = self.variables[binding] = _Variable(binding, base_ty)
        return variable

    def _min_captures(self, variable: _Variable, clause: CaptureClause) -> tuple[VariableCaptures, list[mc.Outcome]]:
        """`outcomes` has more than one where the doubts change something."""
        captures: list[MinCapture] = []
        for event, processed in variable.uses:
            mc.add(captures, processed.projs, processed.access, event)
        is_mentioned = not self.is_precise and variable.binding in self.node.mentioned
        if not self.is_precise and (is_mentioned or variable.uses):
            mention = Event(
                variable.binding, variable.base_ty, (), _mention(clause), self.expr.range, UseWhy.READ, None, None
            )
            mc.add(captures, (), mention.access, mention)
        mc.sort_by_field(captures)
        found = VariableCaptures(variable.binding, variable.base_ty, captures)
        if not variable.doubts:
            return found, []
        certain: list[Info] = [(p.projs, p.access) for e, p in variable.uses if e.doubt is None]
        if is_mentioned:
            certain.append(((), _mention(clause)))
        doubts = [[_bundle(b) for b in bundles] for _, bundles in variable.doubts]
        if not self.is_precise:
            doubts = [[(*b, ((), _mention(clause))) if b else b for b in bundles] for bundles in doubts]
        outcomes = mc.outcomes(certain, doubts)
        guess: Bundle = tuple([(c.projs, c.access) for c in captures])
        if outcomes is None:
            found.is_overflow = True
            found.outcomes = [guess, (), (((), SHARED),), (((), MUT),), (((), VALUE),)]
            outcomes = []
        elif len(outcomes) > 1:
            shown = {(keys(c.projs), c.access) for c in captures}
            others = [o for o in outcomes if {(k, i[1]) for k, i in o.items()} != shown]
            found.outcomes = [guess, *[tuple(o.values()) for o in others]]
        else:
            return found, []
        found.why = next(
            (d.why for (d, _), b in zip(variable.doubts, doubts, strict=True) if _matters(certain, b)),
            variable.doubts[0][0].why,
        )
        return found, outcomes

    def _capture(
        self, capture: MinCapture, found: VariableCaptures, outcomes: list[mc.Outcome], variable: _Variable
    ) -> Capture:
        facts = self.facts
        binding = facts.result.body.bindings[variable.binding]
        place = to_model(binding.id, binding.name, variable.base_ty, capture.projs)
        ty = capture.projs[-1].ty if capture.projs else variable.base_ty
        uncertain = None
        if found.is_overflow or not all(mc.same(o, capture) for o in outcomes):
            uncertain = found.why
        copies = False
        if capture.access is VALUE:
            copy = facts.is_copy(ty)
            if copy is None and uncertain is None:
                uncertain = facts.why_copy(ty)
            copies = copy is True
        mode = to_mode(capture.access, copies=copies)
        uses = [
            reasons.use_of(facts, e, forces=mc.forces(capture, p))
            for e, p in variable.uses
            if is_prefix(capture.projs, p.projs)
        ]
        if capture.access is VALUE and self.expr.is_move and not any(u.forces for u in uses):
            uses.append(reasons.move_keyword(self.expr, mode, place))
        return Capture(place, mode, uses, uncertain, ty)

    def _ranks(self) -> tuple[int, int, str]:
        """The least and the greatest trait that the doubts allow, and the doubt that makes the difference."""
        low = max([_RANK[p.natural] for v in self.variables.values() for e, p in v.uses if e.doubt is None], default=0)
        certain = high = low
        why = ""
        for variable in self.variables.values():
            for doubt, bundles in variable.doubts:
                ranks = [max([_RANK[p.natural] for p in bundle], default=0) for bundle in bundles]
                low = max(low, min(ranks))
                high = max(high, max(ranks))
                if not why and max(ranks) > certain and min(ranks) != max(ranks):
                    why = doubt.why
        return low, high, why

    def _trait_uses(self, rank: int) -> list[Use]:
        return [
            reasons.use_of(self.facts, event, forces=True)
            for variable in self.variables.values()
            for event, processed in variable.uses
            if _RANK[processed.natural] == rank
        ]

    def _remember_closure(self, low: int, high: int, captures: list[Capture], uncertain: list[str], why: str) -> None:
        """For code that calls the closure or uses it by value."""
        if self.types is not None and self.types.kind_known and self.types.expected_kind is not None:
            kinds: tuple[ClosureKind, ...] = (self.types.expected_kind,)
        else:
            kinds = KINDS[low : high + 1]
        is_copy: bool | None = True
        for capture in captures:
            if capture.uncertain is not None:
                is_copy = None
            elif not reasons.is_copy_capture(capture.mode):
                is_copy = False
                break
        if is_copy and uncertain:
            is_copy = None
        self.facts.closures[self.expr.id] = Kinds(kinds, is_copy, (uncertain or [why])[0])

    def _answer(self, trait: ClosureKind, captures: list[Capture], uncertain: list[str]) -> ClosureCaptures:
        expr, types = self.expr, self.types
        kind: ClosureKind | None = None
        kind_uncertain: str | None = None
        if isinstance(expr, h.Closure):
            if types is None:
                kind_uncertain = "the closure's context is not known"
            elif not types.kind_known:
                kind = types.expected_kind
                kind_uncertain = types.kind_reason or "the closure's context is not known"
            elif types.expected_kind is not None:
                kind = types.expected_kind
            else:
                kind = trait
                kind_uncertain = uncertain[0] if uncertain else None
        return ClosureCaptures(
            id=expr.id,
            range=expr.range,
            is_move=expr.is_move,
            trait=trait,
            kind=kind,
            captures=captures,
            uncertain=uncertain,
            kind_uncertain=kind_uncertain,
            kind_reason=types.kind_reason if types is not None else "",
            is_coroutine=isinstance(expr, h.AsyncBlock),
        )


def _bundle(processed: list[Processed]) -> Bundle:
    return tuple([(p.projs, p.access) for p in processed])


def _mention(clause: CaptureClause) -> Access:
    """How a variable that is only named is captured before edition 2021."""
    return VALUE if clause is CaptureClause.VALUE else SHARED


def _matters(certain: list[Info], bundles: list[Bundle]) -> bool:
    outcomes = mc.outcomes(certain, [bundles])
    return outcomes is None or len(outcomes) > 1
