"""A query, once it has been parsed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A word of the query and where it is: lines count from 1, positions in the line from 0."""

    text: str
    line: int
    position: int
    escaped: bool = False
    """Whether it's in double square brackets, where reserved words are names too."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Path:
    """A property, or a collection: `T.Temperature`, `$dtId`, `Room`."""

    names: tuple[Name, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The words alone."""
        return tuple(name.text for name in self.names)


@dataclass(frozen=True)
class Literal:
    """A literal value in the query."""

    value: str | int | float | bool | None


Operand = Path | Literal


@dataclass(frozen=True)
class Comparison:
    """`left operator right`."""

    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True)
class Membership:
    """`operand IN [...]` or, when `negated`, `operand NIN [...]`."""

    operand: Operand
    values: tuple[Literal, ...]
    negated: bool = False


@dataclass(frozen=True)
class Call:
    """A function of the language, with its arguments."""

    name: Name
    arguments: tuple[Operand, ...]


@dataclass(frozen=True)
class Not:
    """The opposite."""

    condition: Condition


@dataclass(frozen=True)
class AllOf:
    """Conditions joined by AND."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """Conditions joined by OR."""

    conditions: tuple[Condition, ...]


Condition = Comparison | Membership | Call | Not | AllOf | AnyOf


@dataclass(frozen=True)
class Projection:
    """A column of the answer."""

    path: Path
    alias: Name | None = None

    @property
    def label(self) -> str:
        """What the column is called."""
        return (self.alias or self.path.names[-1]).text


@dataclass(frozen=True)
class Join:
    """`JOIN target RELATED source.relationship variable`."""

    target: Name
    source: Name
    relationship: Name
    variable: Name | None = None


@dataclass(frozen=True)
class Step:
    """What's between two twins of a MATCH pattern."""

    direction: str
    """`right`, `left` or `either`."""
    variable: Name | None = None
    names: tuple[str, ...] = ()
    """Accepted relationship names; none means all."""
    fewest: int = 1
    most: int = 1
    """Hops."""


@dataclass(frozen=True)
class Pattern:
    """`MATCH (a)-[...]->(b)-[...]-(c)`: one node more than steps. A node without a name is any twin."""

    nodes: tuple[Name | None, ...]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Query:
    """A whole query."""

    source: Name
    """`digitaltwins` or `relationships`, in any case."""
    alias: Name | None = None
    projections: tuple[Projection, ...] = ()
    """None stands for `*`."""
    counts: bool = False
    """Whether the answer is one row with the number of hits."""
    top: int | None = None
    """The maximum number of hits; None means no limit."""
    joins: tuple[Join, ...] = ()
    pattern: Pattern | None = None
    where: Condition | None = None

    @property
    def of_relationships(self) -> bool:
        """Whether the query is about relationships instead of twins."""
        return self.source.text.lower() == "relationships"

    @property
    def collections(self) -> tuple[str, ...]:
        """The names that stand for twins and relationships; FROM gives the first."""
        first = (self.alias.text if self.alias else "",)
        joined = tuple(
            name for join in self.joins for name in (join.target.text, (join.variable or join.relationship).text)
        )
        if self.pattern is None:
            return first + joined
        variables = tuple(step.variable.text for step in self.pattern.steps if step.variable)
        return tuple(node.text for node in self.pattern.nodes if node) + variables
