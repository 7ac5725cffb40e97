"""Guarded SQL: a SELECT over the declared files and nothing else, each result row knowing all its source rows.

The query is taken apart before it runs: one statement, a SELECT or UNION ALL, reading only the declared names. It
sees text and gives text; amounts and dates are read afterwards, as in any other source. Every SELECT is given one
more column that carries where its rows come from, through joins, groups, DISTINCT, sub-queries and CTEs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl
import sqlglot
from sqlglot import exp

from pipelines.intake.casts import Cast, Origins, casts_of, require_castable
from pipelines.rule_files import RuleFileError

TRACE = "__src"
"""The column that carries source rows: comma-separated numbers, see ``packed``."""
FILE_BITS, LINE_BITS = 24, 32
CONVERSION = "conversion from"
"""How Polars says that a CAST failed."""
Columns: TypeAlias = dict[str, Origins]
COMPUTED: Origins = frozenset()


@dataclass(frozen=True)
class Guarded:
    """A query that may run, rewritten to carry its sources, and the order in which it names its tables."""

    sql: str
    tables: tuple[str, ...]
    origins: dict[str, Origins]
    """Per result column, the columns of files whose values it takes over or adds up; none where it is computed."""
    casts: tuple[Cast, ...]


@dataclass(frozen=True)
class Result:
    """Rows of text, sorted by their sources, and per row its sources: ``row``, ``table`` (place), ``file``, ``line``."""

    frame: pl.DataFrame
    sources: pl.DataFrame


def packed(table: int, file: int, lines: pl.Series) -> pl.Series:
    """Table, file and line in one number whose order is theirs, as text."""
    above = (table << (FILE_BITS + LINE_BITS)) | (file << LINE_BITS)
    return (lines.cast(pl.UInt64) + above).cast(pl.String)


def unpacked(number: int) -> tuple[int, int]:
    """File and line of a packed number."""
    return number // (1 << LINE_BITS) % (1 << FILE_BITS), number % (1 << LINE_BITS)


def guarded(sql: str, columns: Mapping[str, list[str]], where: str) -> Guarded:
    """Refuse what is not a plain SELECT over the declared tables; add the trace.

    Args:
        sql: The text of ``select``.
        columns: Declared table: its columns.
        where: Source file and table, for messages.

    Raises:
        RuleFileError: with what was found and what is allowed.
    """
    try:
        statements = [statement for statement in sqlglot.parse(sql) if statement is not None]
    except sqlglot.errors.SqlglotError as error:
        raise RuleFileError(f"{where}: select: {str(error).splitlines()[0]}") from None
    if len(statements) != 1:
        raise RuleFileError(f"{where}: select: {len(statements)} statements; write exactly one SELECT")
    rewriter = _Rewriter(columns, where)
    statement = statements[0]
    if not isinstance(statement, exp.Select | exp.SetOperation):
        raise rewriter.refusal(f"a {statement.key.upper()} is not allowed; write a SELECT")
    origins = rewriter.trace(statement, {})
    if not rewriter.named:
        raise rewriter.refusal("it reads no file; name one in FROM")
    return Guarded(statement.sql(normalize_functions=False), tuple(rewriter.named), origins, tuple(rewriter.casts))


def columns_named(sql: str, table: str) -> list[str]:
    """The columns that a query names of one table, as ``table.column`` or alone where it reads no other."""
    try:
        statement = sqlglot.parse_one(sql)
    except sqlglot.errors.SqlglotError:
        return []  # refused by ``guarded``, with the reason
    found = []
    for column in statement.find_all(exp.Column):
        select = column.find_ancestor(exp.Select)
        tables = [item for item in statement.find_all(exp.Table) if item.find_ancestor(exp.Select) is select]
        names = {item.alias_or_name for item in statement.find_all(exp.Table) if item.name == table}
        is_alone = not column.table and {item.name for item in tables} == {table}
        if (column.table in names or is_alone) and not isinstance(column.this, exp.Star):
            found.append(column.name)
    return list(dict.fromkeys(found))


class _Rewriter:
    """Walks a query once: checks what it may read, and adds the trace to every SELECT that makes rows."""

    def __init__(self, columns: Mapping[str, list[str]], where: str) -> None:
        self.columns: dict[str, Columns] = {
            table: {name: frozenset({(table, name)}) for name in names} for table, names in columns.items()
        }
        self.where = where
        self.named: list[str] = []
        self.casts: list[Cast] = []

    def refusal(self, what: str) -> RuleFileError:
        return RuleFileError(f"{self.where}: select: {what}")

    def trace(self, query: exp.Expression, known: dict[str, Columns]) -> Columns:
        """Add the trace to a query; gives its columns and where their values come from."""
        known = self._with_ctes(query, dict(known))
        if isinstance(query, exp.SetOperation):
            return self._trace_union(query, known)
        if isinstance(query, exp.Subquery):
            return self.trace(query.this, known)
        if not isinstance(query, exp.Select):
            raise self.refusal(f"{query.sql()} is not allowed; write a SELECT")
        return self._trace_select(query, known)

    def _with_ctes(self, query: exp.Expression, known: dict[str, Columns]) -> dict[str, Columns]:
        with_ = query.args.get("with_") or query.args.get("with")
        if with_ is None:
            return known
        if with_.args.get("recursive"):
            raise self.refusal("WITH RECURSIVE is not allowed; write the steps out")
        for cte in with_.expressions:
            known[cte.alias] = self.trace(cte.this, known)
        return known

    def _trace_union(self, query: exp.SetOperation, known: dict[str, Columns]) -> Columns:
        if not isinstance(query, exp.Union) or query.args.get("distinct") is not False:
            raise self.refusal("of set operations only UNION ALL keeps every row's source; write UNION ALL")
        self._refuse_cuts(query)
        above, below = self.trace(query.this, known), self.trace(query.expression, known)
        pairs = zip(above.items(), [*below.values(), *[COMPUTED] * len(above)], strict=False)
        return {name: one | other if one and other else COMPUTED for (name, one), other in pairs}

    def _trace_select(self, query: exp.Select, known: dict[str, Columns]) -> Columns:
        self._refuse_cuts(query)
        if query.args.get("into") is not None:
            raise self.refusal("SELECT INTO is not allowed; write a plain SELECT")
        sources = self._sources(query, known)
        self._check_inner_queries(query, known)
        self.casts += casts_of(query, sources)
        self._expand_stars(query, sources)
        columns = [projection.alias_or_name for projection in query.expressions]
        unnamed = [projection.sql() for projection in query.expressions if not projection.alias_or_name]
        if unnamed:
            raise self.refusal(f"{unnamed[0]} has no name; add AS and a column's name")
        is_grouped = query.args.get("group") is not None or _aggregates(query)
        origins = {
            projection.alias_or_name: _origin_of(projection, sources, is_grouped=is_grouped)
            for projection in query.expressions
        }
        trace = _trace_of(list(sources))
        query.append("expressions", exp.alias_(_gathered(trace) if is_grouped else trace, TRACE, quoted=True))
        if query.args.get("distinct") is not None:
            self._distinct_as_groups(query, columns)
            return dict.fromkeys(columns, COMPUTED)
        return origins

    def _refuse_cuts(self, query: exp.Expression) -> None:
        for part in ("limit", "offset", "sample"):
            if query.args.get(part) is not None:
                raise self.refusal(
                    f"{part.upper()} leaves rows out without a reason; say with WHERE which rows are meant"
                )

    def _sources(self, query: exp.Select, known: dict[str, Columns]) -> dict[str, Columns]:
        from_ = query.args.get("from_") or query.args.get("from")
        if from_ is None:
            raise self.refusal("a SELECT without FROM makes rows from nothing; name a file")
        if query.args.get("laterals"):
            raise self.refusal("LATERAL is not allowed; join the files")
        items = [from_.this, *(join.this for join in query.args.get("joins") or [])]
        sources: dict[str, Columns] = {}
        for item in items:
            alias = item.alias_or_name
            if alias in sources:
                raise self.refusal(f"two tables are called {alias!r}; give one another alias")
            sources[alias] = self._columns_of(item, known)
        return sources

    def _columns_of(self, item: exp.Expression, known: dict[str, Columns]) -> Columns:
        if isinstance(item, exp.Subquery):
            if not item.alias:
                raise self.refusal(f"{item.sql()[:60]} needs an alias; add AS and a name")
            return self.trace(item.this, known)
        if (
            not isinstance(item, exp.Table)
            or not isinstance(item.this, exp.Identifier)
            or item.args.get("db")
            or item.args.get("joins")
        ):
            raise self.refusal(
                f"{item.sql()[:60]} is not allowed in FROM; only {', '.join(self.columns)} and names of WITH are"
            )
        if item.name in known:
            return known[item.name]
        if item.name not in self.columns:
            raise self.refusal(f"there is no file called {item.name!r}; from.files names {', '.join(self.columns)}")
        if item.name not in self.named:
            self.named.append(item.name)
        return self.columns[item.name]

    def _check_inner_queries(self, query: exp.Select, known: dict[str, Columns]) -> None:
        """Queries inside conditions may read the same tables; they bring no rows, so they carry no trace."""
        parts = [
            *query.expressions,
            *(query.args[name] for name in ("where", "having", "qualify") if query.args.get(name)),
        ]
        parts += [join.args["on"] for join in query.args.get("joins") or [] if join.args.get("on")]
        for part in parts:
            for inner in part.find_all(exp.Table):
                if not isinstance(inner.this, exp.Identifier) or inner.args.get("db"):
                    raise self.refusal(f"{inner.sql()[:60]} is not allowed; only declared files are")
                if inner.name not in known and inner.name not in self.columns:
                    raise self.refusal(
                        f"there is no file called {inner.name!r}; from.files names {', '.join(self.columns)}"
                    )

    def _expand_stars(self, query: exp.Select, sources: dict[str, Columns]) -> None:
        expanded: list[exp.Expression] = []
        for projection in query.expressions:
            if isinstance(projection, exp.Star):
                expanded += [exp.column(name, alias, quoted=True) for alias, names in sources.items() for name in names]
            elif isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star):
                alias = projection.table
                if alias not in sources:
                    raise self.refusal(f"{alias}.* names no table of this FROM")
                expanded += [exp.column(name, alias, quoted=True) for name in sources[alias]]
            else:
                expanded.append(projection)
        names = [projection.alias_or_name for projection in expanded]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise self.refusal(f"two columns are called {twice!r}; name the columns you need instead of *, with AS")
        query.set("expressions", expanded)

    def _distinct_as_groups(self, query: exp.Select, columns: list[str]) -> None:
        """DISTINCT, written as a group over every column so that all equal rows stay known as sources."""
        distinct = query.args["distinct"]
        if distinct.args.get("on") is not None:
            raise self.refusal("DISTINCT ON takes one row of several without saying which; use QUALIFY ROW_NUMBER()")
        with_ = query.args.get("with_") or query.args.get("with")
        inner = query.copy()
        inner.set("distinct", None)
        for name in ("with_", "with", "order"):
            inner.set(name, None)
        keys = [exp.column(name, "distinct_rows", quoted=True) for name in columns]
        outer = (
            exp.select(
                *keys, exp.alias_(_gathered(exp.column(TRACE, "distinct_rows", quoted=True)), TRACE, quoted=True)
            )
            .from_(inner.subquery("distinct_rows"))
            .group_by(*[key.copy() for key in keys])
        )
        for name in list(query.args):
            query.set(name, None)
        for name, value in outer.args.items():
            query.set(name, value)
        if with_ is not None:
            query.set("with_" if "with_" in exp.Select.arg_types else "with", with_)


def _origin_of(projection: exp.Expression, sources: dict[str, Columns], *, is_grouped: bool) -> Origins:
    """The columns whose values a projection takes over as they are, or adds up where rows are grouped."""
    value = projection.unalias()
    if is_grouped:
        value = value.this if isinstance(value, exp.Sum) else exp.null()
    if isinstance(value, exp.Cast):
        value = value.this
    if not isinstance(value, exp.Column):
        return COMPUTED
    if value.table:
        return sources.get(value.table, {}).get(value.name, COMPUTED)
    found = [columns[value.name] for columns in sources.values() if value.name in columns]
    return found[0] if len(found) == 1 else COMPUTED


def _trace_of(aliases: list[str]) -> exp.Expression:
    columns: list[exp.Expression] = [exp.column(TRACE, alias, quoted=True) for alias in aliases]
    return (
        columns[0]
        if len(columns) == 1
        else exp.Anonymous(this="CONCAT_WS", expressions=[exp.Literal.string(","), *columns])
    )


def _gathered(trace: exp.Expression) -> exp.Expression:
    every = exp.Anonymous(this="ARRAY_AGG", expressions=[trace])
    return exp.Anonymous(this="ARRAY_TO_STRING", expressions=[every, exp.Literal.string(",")])


def _aggregates(query: exp.Select) -> bool:
    """Whether a projection aggregates over the rows themselves, not over a window or inside another query."""
    for projection in query.expressions:
        for found in projection.find_all(exp.AggFunc):
            above = found.find_ancestor(exp.Window, exp.Subquery, exp.Select)
            if above is query:
                return True
    return False


def run_guarded(query: Guarded, tables: Mapping[str, pl.DataFrame], where: str) -> Result:
    """Run the query over text frames that carry ``TRACE``.

    Raises:
        RuleFileError: Polars cannot run it, or a column comes out as a binary fraction.
        CastFailedError: a cell cannot be cast.
    """
    try:
        frame = pl.SQLContext(dict(tables)).execute(query.sql, eager=True)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        message = str(error).splitlines()[0]
        if CONVERSION in message:
            require_castable(query.casts, tables, TRACE, message)
        raise RuleFileError(f"{where}: select: {message}") from None
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    if floats:
        raise RuleFileError(
            f"{where}: select: column {floats[0]!r} comes out as a binary fraction; CAST to DECIMAL(38, 6) what goes into it"
        )
    texts = frame.with_columns(pl.all().cast(pl.String))
    if texts[TRACE].null_count():
        raise RuleFileError(f"{where}: select: some result rows come from no row of a file; every row needs a source")
    return _sorted_by_source(texts)


def _sorted_by_source(texts: pl.DataFrame) -> Result:
    """Rows in the order of their first source, then of what they say, so that no thread decides."""
    columns = [name for name in texts.columns if name != TRACE]
    numbers = _numbers_of(texts[TRACE])
    first = numbers.unique("row", keep="first", maintain_order=True).sort("row")["number"]
    placed = texts.select(columns).with_columns(first.alias("_first")).with_row_index("_before")
    ordered = placed.sort("_first", *columns, nulls_last=True)
    now_of = ordered.select(pl.col("_before").alias("row")).with_row_index("_now")
    sources = numbers.join(now_of, on="row", how="left", validate="m:1").sort("_now", "number")
    number = pl.col("number")
    unpacked = sources.select(
        pl.col("_now").alias("row"),
        (number // (1 << (FILE_BITS + LINE_BITS))).cast(pl.UInt32).alias("table"),
        (number // (1 << LINE_BITS) % (1 << FILE_BITS)).cast(pl.UInt32).alias("file"),
        (number % (1 << LINE_BITS)).cast(pl.UInt32).alias("line"),
    )
    return Result(ordered.select(columns), unpacked)


def _numbers_of(traces: pl.Series) -> pl.DataFrame:
    """``row`` and ``number`` of every source once, sorted; most rows have a single one."""
    rows = traces.alias("trace").to_frame().with_row_index("row")
    is_single = ~traces.str.contains(",", literal=True)
    single = rows.filter(is_single).select("row", pl.col("trace").cast(pl.UInt64).alias("number"))
    several = rows.filter(~is_single).with_columns(pl.col("trace").str.split(",")).explode("trace")
    every = several.select("row", pl.col("trace").cast(pl.UInt64).alias("number")).unique()
    return pl.concat([single, every]).sort("row", "number")
