"""Texts and conditions of a flow: Liquid, in an environment of our own in which no code runs.

A text may hold ``{{ order.number | digits }}``, the tags ``if``, ``case`` and ``for``, and the filters of
:mod:`flows.language.filters`; nothing else. What comes out is for a voice: one line without control characters.
A condition is a boolean expression over variables: ``order.state == "ready" and order.sum > 1000``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from liquid import Environment, RenderContext, StrictUndefined, TokenStream
from liquid.ast import Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import BooleanExpression, LoopExpression, Path, logical, tokenize
from liquid.builtin.expressions.primitive import FloatLiteral, IntegerLiteral
from liquid.builtin.tags import case_tag, for_tag, if_tag
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EXPRESSION, Token
from liquid.utils import ReadOnlyChainMap

from flows.language.filters import LANGUAGE, NOW, OURS, STANDARD

MAX_SOURCE = 4_000
"""Characters of one text or condition as written."""
MAX_SPOKEN = 4_000
"""Bytes of one rendered text: about 2000 Cyrillic letters, far over what anybody listens to."""

FILTERS = frozenset(OURS) | frozenset(STANDARD)
"""Every filter that a text may use."""


class TextError(Exception):
    """A text or condition is wrong, or can't be put into words with these variables. ``line`` counts from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text, and on which of its lines (from 1)."""

    message: str
    line: int


@dataclass(frozen=True, slots=True)
class Used:
    """What a text or condition uses.

    ``variables`` are dotted paths of what must come from outside (``order.due``); an item of a loop over
    ``order.items`` appears as ``order.items[].name``. ``filters`` are names. ``errors`` are empty for a good text.
    """

    variables: frozenset[str]
    filters: frozenset[str]
    errors: tuple[Fault, ...]


class _Context(RenderContext):
    """Variables are only those given: the library's ``now`` and ``today`` read the clock."""

    def __init__(
        self,
        template: BoundTemplate,
        *,
        globals: Mapping[str, object] | None = None,
        disabled_tags: list[str] | None = None,
        copy_depth: int = 0,
        parent_context: RenderContext | None = None,
        loop_iteration_carry: int = 1,
        local_namespace_size_carry: int = 0,
    ) -> None:
        super().__init__(
            template,
            globals=globals,
            disabled_tags=disabled_tags,
            copy_depth=copy_depth,
            parent_context=parent_context,
            loop_iteration_carry=loop_iteration_carry,
            local_namespace_size_carry=local_namespace_size_carry,
        )
        self.scope = ReadOnlyChainMap(self.locals, self.globals)


class _Template(BoundTemplate):
    context_class = _Context


class _Environment(Environment):
    """Only ``if``, ``case`` and ``for``; everything bounded; a name that is not there is an error."""

    template_class = _Template
    block_nesting_limit = 8
    context_depth_limit = 8
    loop_iteration_limit = 200
    local_namespace_limit = 10_000
    output_stream_limit = MAX_SPOKEN
    logical_not_operator = True
    logical_parentheses = True

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (content.Literal, output.Output, illegal.Illegal, if_tag.IfTag, case_tag.CaseTag, for_tag.ForTag):
            self.add_tag(tag)
        for name, function in (*OURS.items(), *STANDARD.items()):
            self.add_filter(name, function)


_ENVIRONMENT = _Environment(undefined=StrictUndefined)
_BARE = _ENVIRONMENT.from_string("")

_COMPARISONS = (
    logical.EqExpression,
    logical.NeExpression,
    logical.LtExpression,
    logical.GtExpression,
    logical.LeExpression,
    logical.GeExpression,
)
_NUMERIC = re.compile(r"-?\d{1,18}(\.\d{1,6})?")
_CONTROL = {"Cc", "Cf", "Cs", "Co", "Cn"}


class _AsNumber(Expression):
    """A value compared with a number is a number: money travels as a decimal string."""

    __slots__ = ("inner",)

    def __init__(self, inner: Expression) -> None:
        super().__init__(inner.token)
        self.inner = inner

    def __str__(self) -> str:
        return str(self.inner)

    def evaluate(self, context: RenderContext) -> object:
        value = self.inner.evaluate(context)
        if isinstance(value, str) and _NUMERIC.fullmatch(value):
            return Decimal(value)
        return value

    def children(self) -> Iterable[Expression]:
        return [self.inner]


@dataclass(frozen=True, slots=True)
class Text:
    """A text, ready to render."""

    source: str
    template: BoundTemplate

    def render(self, variables: Mapping[str, object], language: str, now: datetime | None = None) -> str:
        """The words to speak. ``now`` is what "tomorrow" is counted from. Raises :class:`TextError`."""
        try:
            said = self.template.render({**variables, LANGUAGE: language, NOW: now})
        except LiquidError as error:
            raise _text_error(error) from None
        return _one_line(said)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, ready to evaluate."""

    source: str
    expression: BooleanExpression

    def holds(self, variables: Mapping[str, object]) -> bool:
        """Raises :class:`TextError` for an unknown variable or values that can't be compared."""
        try:
            return self.expression.evaluate(_Context(_BARE, globals={**variables, LANGUAGE: "", NOW: None}))
        except LiquidError as error:
            raise _text_error(error) from None


@lru_cache(maxsize=4096)
def compile_text(source: str) -> Text:
    """The text, parsed. Raises :class:`TextError`."""
    _check_size(source)
    try:
        template = _ENVIRONMENT.from_string(source)
        for token in _ENVIRONMENT.tokenizer()(source):
            if token.kind == TOKEN_EXPRESSION:
                _check_mixing(token)
        for node in template.nodes:
            _compare_as_numbers(node)
    except (LiquidError, RecursionError) as error:
        raise _text_error(error) from None
    return Text(source, template)


@lru_cache(maxsize=4096)
def compile_condition(expression: str) -> Condition:
    """The condition, parsed. Raises :class:`TextError`."""
    _check_size(expression)
    source = expression.strip()
    parent = Token(TOKEN_EXPRESSION, source, 0, source)
    try:
        tokens = TokenStream(tokenize(source, parent))
        parsed = BooleanExpression.parse(_ENVIRONMENT, tokens)
        _check_mixing(parent)
    except (LiquidError, RecursionError) as error:
        raise _text_error(error) from None
    _numbers_in(parsed)
    return Condition(source, parsed)


def render(template: str, variables: Mapping[str, object], language: str, now: datetime | None = None) -> str:
    """A text with its variables filled in, as a person of that language says it. Raises :class:`TextError`."""
    return compile_text(template).render(variables, language, now)


def evaluate(condition: str | Condition, variables: Mapping[str, object]) -> bool:
    """Whether a condition holds. Raises :class:`TextError`."""
    return (compile_condition(condition) if isinstance(condition, str) else condition).holds(variables)


def analyse(text: str) -> Used:
    """What a text uses, and what is wrong with it. Never raises."""
    try:
        template = compile_text(text).template
    except TextError as error:
        return _broken(text, error)
    variables: set[str] = set()
    filters: dict[str, int] = {}
    for node in template.nodes:
        _use(node, {}, variables, filters)
    unknown = tuple(
        Fault(f"there is no filter '{name}'; there are {', '.join(sorted(FILTERS))}", line)
        for name, line in filters.items()
        if name not in FILTERS
    )
    return Used(frozenset(variables), frozenset(filters), unknown)


def analyse_condition(expression: str) -> Used:
    """What a condition uses, and what is wrong with it. Never raises."""
    try:
        parsed = compile_condition(expression).expression
    except TextError as error:
        return _broken(expression, error)
    return Used(frozenset(_paths(parsed, {})), frozenset(), ())


def _use(node: Node, loops: Mapping[str, str], variables: set[str], filters: dict[str, int]) -> None:
    inner = dict(loops)
    for expression in node.expressions():
        variables.update(_paths(expression, loops))
        filters.update(_filters(expression))
        if isinstance(expression, LoopExpression):
            over = next(iter(_paths(expression.iterable, loops)), "")
            inner[expression.identifier] = f"{over}[]"
            inner["forloop"] = ""
    for child in node.children(RenderContext(_BARE)):
        _use(child, inner, variables, filters)


def _paths(expression: Expression, loops: Mapping[str, str]) -> Iterator[str]:
    if isinstance(expression, Path):
        root = str(expression.path[0])
        rest = "".join(f".{part}" if isinstance(part, str) else "[]" for part in expression.path[1:])
        if root in loops:
            if loops[root]:
                yield loops[root] + rest
        else:
            yield root + rest
    for child in expression.children():
        yield from _paths(child, loops)


def _filters(expression: Expression) -> Iterator[tuple[str, int]]:
    for each in getattr(expression, "filters", None) or ():
        yield each.name, _line(each.token)
    for child in expression.children():
        yield from _filters(child)


def _compare_as_numbers(node: Node) -> None:
    for expression in node.expressions():
        _numbers_in(expression)
    for child in node.children(RenderContext(_BARE)):
        _compare_as_numbers(child)


def _numbers_in(expression: Expression) -> None:
    if isinstance(expression, _COMPARISONS):
        number = (IntegerLiteral, FloatLiteral)
        if isinstance(expression.right, number):
            expression.left = _AsNumber(expression.left)
        elif isinstance(expression.left, number):
            expression.right = _AsNumber(expression.right)
    for child in expression.children():
        _numbers_in(child)


def _check_mixing(parent: Token) -> None:
    """Liquid reads ``a and b or c`` from the right and ``not a and b`` as ``not (a and b)``: say which is meant."""
    levels: list[set[str]] = [set()]
    for token in tokenize(parent.value, parent):
        if token.kind == "lparen":
            levels.append(set())
        elif token.kind == "rparen" and len(levels) > 1:
            levels.pop()
        elif token.kind in ("and", "or"):
            if "not" in levels[-1]:
                raise TextError(
                    f"'not' before '{token.kind}' covers all that follows: put parentheses, as in (not a) and b",
                    _line(token),
                )
            levels[-1].add(token.kind)
            if levels[-1] >= {"and", "or"}:
                raise TextError(
                    "'and' and 'or' are mixed: put parentheses around the part that belongs together", _line(token)
                )
        elif token.kind == "not":
            levels[-1].add("not")


def _check_size(source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise TextError(f"too long: {len(source)} characters, at most {MAX_SOURCE}")


def _line(token: Token | None) -> int:
    return token.source.count("\n", 0, token.start_index) + 1 if token and token.start_index >= 0 else 1


def _text_error(error: LiquidError | RecursionError) -> TextError:
    if isinstance(error, RecursionError):
        return TextError("too deeply nested")
    return TextError(str(error.message or type(error).__name__), _line(error.token))


def _broken(source: str, error: TextError) -> Used:
    return Used(frozenset(), frozenset(), (Fault(error.message, error.line),))


def _one_line(text: str) -> str:
    kept = "".join(" " if unicodedata.category(char) in _CONTROL else char for char in text)
    return " ".join(kept.split())
