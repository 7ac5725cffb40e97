"""From the columns of a file to the columns of the contract, still as they came: names, constants, joins, maps."""

from dataclasses import dataclass

import polars as pl

from pipelines.intake.parsing.numbers import EXACT, MOST_DECIMALS, NumberForm, parse_number
from pipelines.intake.parsing.parsed import FAULTS, Parsed, ValueNote
from pipelines.intake.raw import FileRefused, RawNote, RawTable, blanked
from schemas.rules.company import Company
from schemas.rules.source import ColumnRule, Condition, Format, Source, columns_of, required_columns_of


@dataclass(frozen=True)
class Origin:
    """One contract column as it came: text, or the type a Parquet file gave it."""

    values: pl.Series
    rule: ColumnRule
    faults: pl.DataFrame
    notes: tuple[ValueNote, ...] = ()


@dataclass(frozen=True)
class FileContext:
    """The file at hand, for messages and formats."""

    name: str
    source: Source
    form: Format
    company: Company

    def number_form(self, rule: ColumnRule) -> NumberForm:
        """How numbers of a column are written."""
        rounded = self.source.round is not None or rule.round is not None
        return NumberForm(self.form.decimal_mark, self.form.thousands_mark, rounded)


def renamed(table: RawTable, context: FileContext) -> RawTable:
    """The table with declared aliases under the name the mapping uses."""
    aliases = {old: new for old, new in context.source.rename.items() if old in table.columns}
    clash = sorted(new for new in aliases.values() if new in table.columns)
    if clash:
        raise FileRefused(
            context.name, "duplicate_header", f"both {clash[0]!r} and its alias are in the header; drop one", line=1
        )
    if not aliases:
        return table
    note = RawNote(
        "header_normalised", f"{context.name}: read {', '.join(f'{old!r} as {new!r}' for old, new in aliases.items())}"
    )
    return RawTable(table.frame.rename(aliases), table.faults, (*table.notes, note))


def rules_for(table: RawTable, context: FileContext) -> dict[str, ColumnRule]:
    """The rule of each contract column that this file fills.

    Raises:
        FileRefused: ``missing_column`` or ``header_mismatch`` where a column that is needed is not there.
    """
    source = context.source
    rules = source.rules()
    found = set(table.columns)
    if not rules or source.select is not None:
        same = {name: ColumnRule(column=name) for name in columns_of(source.table) if name in found}
        rules = {**same, **rules}
    needed = [name for rule in rules.values() for name in rule.inputs()]
    needed += [condition.column for condition in source.conditions()]
    needed += [name for name in required_columns_of(source.table) if name not in rules]
    _require_columns(table, context, list(dict.fromkeys(needed)))
    return rules


def _require_columns(table: RawTable, context: FileContext, needed: list[str]) -> None:
    missing = [name for name in needed if name not in table.columns]
    if not missing:
        return
    close = {_folded(name): name for name in table.columns}
    near = [(name, close[_folded(name)]) for name in missing if _folded(name) in close]
    found = ", ".join(repr(name) for name in table.columns[:30])
    if near:
        wanted, other = near[0]
        detail = f"column {wanted!r} is missing; found {other!r}: declare it under rename, or correct the export (header: {found})"
        raise FileRefused(context.name, "header_mismatch", detail, line=1)
    if len(missing) == len(needed):
        detail = f"none of the expected columns is there; expected {', '.join(map(repr, needed))}, found {found}: check delimiter and file"
        raise FileRefused(context.name, "header_mismatch", detail, line=1)
    detail = f"column {missing[0]!r} of {context.source.table} is missing; found {found}: add it to the export, or correct the mapping"
    raise FileRefused(context.name, "missing_column", detail, line=1)


def _folded(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def origin_of(table: RawTable, name: str, rule: ColumnRule, context: FileContext) -> Origin:
    """A contract column before it is read: joined, multiplied, mapped, prefixed."""
    nothing = pl.DataFrame(schema=FAULTS)
    frame = table.frame
    if rule.multiply is not None:
        product = _product(frame, rule, context)
        return Origin(product.values, rule, product.faults, product.notes)
    if rule.constant is not None:
        values = pl.repeat(rule.constant, frame.height, dtype=pl.String, eager=True)
    elif rule.join is not None:
        values = frame.select(
            pl.concat_str([as_text(frame[part]) for part in rule.join], separator=rule.between)
        ).to_series()
    else:
        values = frame[str(rule.column)]
        values = values.cast(pl.String) if isinstance(values.dtype, pl.Categorical | pl.Enum) else values
    if rule.case or rule.map is not None or rule.roles or rule.prefix or rule.suffix:
        return _reworded(as_text(values), name, rule, context)
    return Origin(values, rule, nothing)


def as_text(values: pl.Series) -> pl.Series:
    """The values as text that loses nothing."""
    if values.dtype == pl.String:
        return values
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.strftime("%Y-%m-%dT%H:%M:%S%z" if values.dtype.time_zone else "%Y-%m-%dT%H:%M:%S")
    return values.cast(pl.String)


def _reworded(texts: pl.Series, name: str, rule: ColumnRule, context: FileContext) -> Origin:
    faults = pl.DataFrame(schema=FAULTS)
    if rule.case:
        texts = texts.str.to_uppercase() if rule.case == "upper" else texts.str.to_lowercase()
    words = _words(rule, context.company)
    if words is not None:
        mapped = texts.replace_strict(words, default=rule.otherwise, return_dtype=pl.String)
        unknown = (mapped.is_null() & texts.is_not_null()).arg_true()
        faults = _unmapped(texts, unknown, name)
        texts = pl.select(pl.when(texts.is_not_null()).then(mapped)).to_series()
    whole = pl.concat_str([pl.lit(rule.prefix or ""), texts, pl.lit(rule.suffix or "")])
    return Origin(pl.select(whole).to_series() if rule.prefix or rule.suffix else texts, rule, faults)


def _words(rule: ColumnRule, company: Company) -> dict[str, str] | None:
    if rule.roles:
        return {title: role for role, titles in company.roles.items() for title in titles}
    return rule.map


def _unmapped(texts: pl.Series, rows: pl.Series, name: str) -> pl.DataFrame:
    sentence = pl.format(
        "'{}' is not in the map of this column; add it there, or say what otherwise holds", pl.col("value")
    )
    return pl.DataFrame({"row": rows.cast(pl.UInt32), "value": texts[rows]}).select(
        "row", "value", pl.lit(f"{name}_unknown").alias("reason"), sentence.alias("detail")
    )


def _product(frame: pl.DataFrame, rule: ColumnRule, context: FileContext) -> Parsed:
    """The exact product of number columns; where it would have more than twelve decimals the row is refused."""
    factors = [_factor(frame[part], context, rule) for part in rule.multiply or ()]
    most = MOST_DECIMALS // len(factors)
    product = factors[0].values.cast(EXACT)
    cut = _has_more_decimals(product, most)
    for factor in factors[1:]:
        exact = factor.values.cast(EXACT)
        cut = cut | _has_more_decimals(exact, most)
        product = product * exact
    rows = cut.fill_null(value=False).arg_true()
    faults = [factor.faults for factor in factors] + [_too_fine(product, rows, most)]
    notes = tuple(note for factor in factors for note in factor.notes)
    return Parsed(blanked(product, rows), pl.concat(faults), notes)


def _has_more_decimals(values: pl.Series, most: int) -> pl.Series:
    return values.round(most, mode="half_away_from_zero") != values


def _too_fine(product: pl.Series, rows: pl.Series, most: int) -> pl.DataFrame:
    frame = pl.DataFrame({"row": rows.cast(pl.UInt32), "value": product[rows].cast(pl.String)})
    detail = f"a factor has more than {most} decimals, so the product would be cut; round it at the source"
    return frame.with_columns(pl.lit("amount_precision").alias("reason"), pl.lit(detail).alias("detail"))


def _factor(values: pl.Series, context: FileContext, rule: ColumnRule) -> Parsed:
    if values.dtype.is_float():
        detail = f"column {values.name!r} holds binary fractions; export decimals or text"
        raise FileRefused(context.name, "float_column", detail)
    if values.dtype == pl.String:
        return parse_number(values, context.number_form(rule), "quantity")
    return Parsed(values)


def rows_meant(table: RawTable, conditions: tuple[Condition, ...]) -> pl.Series | None:
    """Per row, whether it belongs to this table; None where no condition is given."""
    if not conditions:
        return None
    meant = [_holds(condition) for condition in conditions]
    return table.frame.select(pl.all_horizontal(meant)).to_series()


def _holds(condition: Condition) -> pl.Expr:
    value = pl.col(condition.column).cast(pl.String)
    if condition.empty is not None:
        return value.is_null() if condition.empty else value.is_not_null()
    if condition.starts_with is not None:
        return value.str.starts_with(condition.starts_with).fill_null(value=False)
    if condition.not_starts_with is not None:
        return ~value.str.starts_with(condition.not_starts_with).fill_null(value=False)
    listed = condition.equals if condition.equals is not None else condition.not_equals
    among = value.is_in([listed] if isinstance(listed, str) else list(listed or ())).fill_null(value=False)
    return among if condition.equals is not None else ~among
