"""``sources/*.yaml``: how one export becomes one contract table, as data."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from schemas.contract import CONTRACT, INTAKE_ONLY
from schemas.rules.values import Name, Rule, ShareText

CORRECTIONS = "corrections"
"""The one source table that is no contract table: fixes that operations enter, applied over what came."""

CORRECTION_COLUMNS = ("correction_id", "table", "key", "column", "value", "reason", "entered_by")

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}

ISO_DATES = "%Y-%m-%d"
"""The profile that also reads ISO 8601 instants, since a value with an offset means one day only."""


def columns_of(table: str) -> tuple[str, ...]:
    """Columns that a source may fill for a table: the contract's, and those checked and then dropped."""
    if table == CORRECTIONS:
        return CORRECTION_COLUMNS
    own = [name for name in CONTRACT[table].columns() if name not in ("source_file", "source_line")]
    return (*own, *INTAKE_ONLY.get(table, {}))


def required_columns_of(table: str) -> tuple[str, ...]:
    """Columns without which a row of the table means nothing."""
    if table == CORRECTIONS:
        return tuple(name for name in CORRECTION_COLUMNS if name != "value")
    fields = CONTRACT[table].fields()
    return tuple(name for name in columns_of(table) if fields.get(name, {}).get("required"))


class Literally(Rule):
    """A rule whose texts may be a blank or a tab, so they are kept as written."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


class Format(Literally):
    """How the file is written. What is not stated is not guessed: these are the defaults."""

    kind: Literal["csv", "xlsx", "parquet", "jsonl"] | None = Field(None, description="Default: by the file's ending.")
    encoding: str = Field("utf-8", description="utf-8 (a byte order mark is fine), cp1252, latin-1, utf-16 …")
    delimiter: str | None = Field(
        None, description="One character, or comma, semicolon, tab, pipe. Default: tab for .tsv, else comma."
    )
    quote: str | None = Field('"', description="null where quotes mean nothing.")
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal[".", ",", "'", " ", "space"] | None = Field(
        None, description="`space` reads blank, no-break and narrow no-break space."
    )
    dates: str | tuple[str, ...] = Field(ISO_DATES, description="One format or several, e.g. %d.%m.%Y.")
    time_zone: str | None = Field(None, description="Zone of instants written without an offset.")
    null_values: tuple[str, ...] = ("",)
    sheet: str | None = Field(None, description="Of a workbook with more than one sheet that holds data.")
    final_newline: Literal["required", "optional"] = Field(
        "required", description="A text file that ends in the middle of a line is taken for cut off."
    )

    @field_validator("delimiter")
    @classmethod
    def is_one_character(cls, value: str | None) -> str | None:
        """Names become characters; anything longer is refused."""
        character = DELIMITERS.get(value, value) if value else value
        if character is not None and len(character.encode()) != 1:
            raise ValueError("a delimiter is one ASCII character, or one of comma, semicolon, tab, pipe")
        return character

    @field_validator("quote")
    @classmethod
    def is_one_byte(cls, value: str | None) -> str | None:
        """A quote is one ASCII character."""
        if value is not None and len(value.encode()) != 1:
            raise ValueError("a quote is one ASCII character; write null where quotes mean nothing")
        return value

    @model_validator(mode="after")
    def marks_differ(self) -> Self:
        """The decimal mark cannot group thousands too."""
        if self.decimal_mark == self.thousands_mark:
            raise ValueError(f"decimal_mark and thousands_mark are both {self.decimal_mark!r}; they must differ")
        return self


class Overlap(Literally):
    """Several files hold the same groups of rows: a group is taken from one of them, the others are superseded."""

    by: str | tuple[str, ...] = Field(description="Column or columns of the file that name the group.")
    keep: Literal["last_file", "first_file"] = "last_file"
    order: tuple[str, ...] = Field((), description="Globs from first to last; default: by file name.")


class From(Literally):
    """Which files, and how they are written."""

    files: str | dict[Name, str] = Field(description="A glob below the exports folder, or name: glob for `select`.")
    format: Format | dict[Name, Format] = Field(
        Format(), description="One for all files, or name: format where `files` has names."
    )
    optional: bool | tuple[Name, ...] = Field(
        False, description="No file is no fault; or, with `select`, the names of those files that may be absent."
    )
    empty: Literal["refused", "allowed"] | None = Field(
        None,
        description="A file with a header and no rows. Default: allowed where the table is optional and had no rows before.",
    )
    overlap: Overlap | None = None

    @field_validator("files")
    @classmethod
    def stay_below_the_exports(cls, value: str | dict[str, str]) -> str | dict[str, str]:
        """No absolute path and no way up."""
        globs = [value] if isinstance(value, str) else list(value.values())
        if not globs:
            raise ValueError("name at least one file")
        for glob in globs:
            if glob.startswith(("/", "~")) or ".." in glob.split("/") or "\\" in glob:
                raise ValueError(f"{glob!r} leaves the exports folder; write a path below it, with / between folders")
        return value

    def globs(self) -> dict[str, str]:
        """Name to glob; a single glob is called ``source``."""
        return {"source": self.files} if isinstance(self.files, str) else dict(self.files)

    def format_of(self, name: str) -> Format:
        """The profile of the files with that name."""
        return self.format if isinstance(self.format, Format) else self.format.get(name, Format())

    def may_be_absent(self, name: str) -> bool:
        """Whether no file of that name is no fault."""
        return self.optional if isinstance(self.optional, bool) else name in self.optional

    def is_partner(self, name: str) -> bool:
        """Whether a select goes on without a file of that name."""
        return not isinstance(self.optional, bool) and name in self.optional

    @model_validator(mode="after")
    def optional_names_are_files(self) -> Self:
        """Names that may be absent are names of files, and at least one file is always there."""
        names = [] if isinstance(self.optional, bool) else list(self.optional)
        unknown = [name for name in names if name not in self.globs()]
        if unknown:
            raise ValueError(f"optional names {unknown[0]!r}, which files does not; name it there or remove it")
        if set(names) == set(self.globs()):
            raise ValueError("optional names every file; write optional: true")
        return self

    @model_validator(mode="after")
    def formats_have_files(self) -> Self:
        """A format by name needs a file of that name."""
        unknown = [] if isinstance(self.format, Format) else sorted(set(self.format) - set(self.globs()))
        if unknown:
            raise ValueError(f"format names {unknown[0]!r}, which files does not; name it there or remove it")
        return self


class Condition(Literally):
    """A row is meant when its value is one of ``equals``, none of ``not_equals``, or (not) empty."""

    column: str
    equals: str | tuple[str, ...] | None = None
    not_equals: str | tuple[str, ...] | None = None
    starts_with: str | None = None
    not_starts_with: str | None = None
    empty: bool | None = None

    @model_validator(mode="after")
    def says_one_thing(self) -> Self:
        """Exactly one comparison a condition; several conditions are a list."""
        given = [self.equals, self.not_equals, self.starts_with, self.not_starts_with, self.empty]
        if sum(value is not None for value in given) != 1:
            raise ValueError(
                "give exactly one of equals, not_equals, starts_with, not_starts_with, empty; for more write a list"
            )
        return self


class ColumnRule(Literally):
    """Where a contract column's value comes from, then what is done to it, in the order listed here."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False, populate_by_name=True)

    column: str | None = Field(None, description="Column of the file (or of the select's result).")
    constant: str | None = Field(None, description="The same value on each row.")
    join: tuple[str, ...] | None = Field(None, min_length=2, description="Several columns, with `with` between.")
    multiply: tuple[str, ...] | None = Field(None, min_length=2, max_length=3, description="Exact product of columns.")
    between: str = Field("-", alias="with")
    case: Literal["upper", "lower"] | None = None
    map: dict[str, str] | None = Field(None, description="Value of the file: value of the contract.")
    roles: Literal["company"] | None = Field(None, description="The titles of company.yaml's `roles` are the map.")
    otherwise: str | None = Field(
        None, description="Value for what the map does not list; without it the row is refused."
    )
    prefix: str | None = Field(None, description="Put in front of an id, so that two systems do not collide.")
    suffix: str | None = None
    invert: bool = Field(False, description="1 ÷ x, rounded half away from zero at the 12th decimal.")
    sign: Literal["as_is", "negative"] = Field(
        "as_is", description="negative: the file writes these amounts with a minus."
    )
    dates: str | tuple[str, ...] | None = Field(None, description="Instead of the format's.")
    time_zone: str | None = Field(None, description="Instead of the format's.")
    inclusive_end: bool = Field(False, description="The file's end date is the last day that counts; a day is added.")
    round: Literal["half_away"] | None = Field(None, description="Amounts with more digits than their currency has.")

    @model_validator(mode="after")
    def has_one_origin(self) -> Self:
        """Exactly one of column, constant, join, multiply; a map only once."""
        origins = [name for name in ("column", "constant", "join", "multiply") if getattr(self, name) is not None]
        if len(origins) != 1:
            raise ValueError(
                f"give exactly one of column, constant, join, multiply (found {', '.join(origins) or 'none'})"
            )
        if self.map is not None and self.roles is not None:
            raise ValueError("map and roles are both given; keep one")
        if self.otherwise is not None and self.map is None and self.roles is None:
            raise ValueError("otherwise needs a map or roles to say what is listed")
        return self

    def inputs(self) -> tuple[str, ...]:
        """Columns of the file that this one reads."""
        return (self.column,) if self.column is not None else self.join or self.multiply or ()


class Control(Literally):
    """What the file says of itself, checked before anything is taken from it."""

    footer: str | None = Field(None, description="A last record that starts with this text is a footer, not data.")
    total_of: str | None = Field(None, description="Column whose sum the footer states in the same column.")
    rows_in: str | None = Field(None, description="Column in which the footer states the number of records.")

    @model_validator(mode="after")
    def totals_need_a_footer(self) -> Self:
        """A total has to stand somewhere."""
        if self.footer is None and (self.total_of or self.rows_in):
            raise ValueError("total_of and rows_in read the footer; say how its first cell starts with footer")
        return self


class Limits(Rule):
    """Moves that mean a broken export rather than business; null switches one off."""

    fx_move: ShareText | None = Field(
        "0.20", validate_default=True, description="Largest move of a rate from one quote to the next."
    )
    rows_lost: ShareText | None = Field(
        "0.40",
        validate_default=True,
        description="Largest share of rows that a file may lose from one intake to the next.",
    )
    amount_shift: int | None = Field(
        20, ge=2, le=1_000_000, description="Largest factor between the median amount of two intakes, up or down."
    )
    outlier: int | None = Field(
        1000,
        ge=2,
        le=1_000_000,
        description="An order this many times the account's largest other one (of five or more) is held for review.",
    )


class Source(Literally):
    """One export (or several joined) that fills one contract table."""

    table: str
    origin: From = Field(alias="from")
    rename: dict[str, str] = Field({}, description="Other header: header used below. Only declared ones are accepted.")
    select: str | None = Field(None, max_length=20_000, description="A guarded SQL SELECT over the named files.")
    columns: dict[str, str | ColumnRule] = Field(
        {}, description="Contract column: where it comes from. Default: the same name."
    )
    where: Condition | tuple[Condition, ...] = Field(
        (), description="Records that belong to this table; all must hold."
    )
    negative_lines: Literal["refuse", "discount"] = "refuse"
    line_math: Literal["checked", "ignored"] = Field(
        "checked", description="quantity × unit_price is the net amount, within one minor unit."
    )
    round: Literal["half_away"] | None = Field(None, description="For every amount of the source.")
    inclusive_ends: bool = Field(False, description="For every valid_to of the source.")
    control: Control = Control()
    limits: Limits = Limits()

    @field_validator("table")
    @classmethod
    def is_known(cls, value: str) -> str:
        """Only tables of the contract, and corrections."""
        if value not in CONTRACT and value != CORRECTIONS:
            raise ValueError(f"no such table; known are {', '.join([*CONTRACT, CORRECTIONS])}")
        return value

    @model_validator(mode="after")
    def names_columns_of_its_table(self) -> Self:
        """Every column is the table's, and none that a row needs is left out."""
        allowed = columns_of(self.table)
        for name in self.columns:
            if name not in allowed:
                raise ValueError(f"columns.{name}: {self.table} has no such column; it has {', '.join(allowed)}")
        missing = [name for name in required_columns_of(self.table) if name not in self.columns]
        if self.columns and missing and self.select is None:
            raise ValueError(
                f"columns leaves out {missing[0]!r}, which every row of {self.table} needs; map it or give a constant"
            )
        return self

    @model_validator(mode="after")
    def names_are_for_select(self) -> Self:
        """Several named files are joined by a select, and only there."""
        if self.select is None and not isinstance(self.origin.files, str):
            raise ValueError("from.files gives names, which only select can use; add select, or write one glob")
        if self.select is not None and self.origin.overlap is not None:
            raise ValueError("from.overlap works on columns; with select say it in SQL")
        return self

    def rules(self) -> dict[str, ColumnRule]:
        """Each mapped column as a full rule; empty where the file's own names are the contract's."""
        return {name: ColumnRule(column=rule) if isinstance(rule, str) else rule for name, rule in self.columns.items()}

    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of ``where`` as a list."""
        return (self.where,) if isinstance(self.where, Condition) else self.where
