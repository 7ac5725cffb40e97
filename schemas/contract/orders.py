"""Orders, their lines, and what came back."""

import polars as pl

from schemas.dtypes import Money, Quantity
from schemas.table import (
    Table,
    business_date,
    currency_code,
    identifier,
    money,
    number,
    text,
)


class Order(Table):
    """One order as it stands."""

    order_id: str = identifier()
    account_id: str = identifier(refers_to="accounts.account_id")
    opportunity_id: str = identifier(optional=True)
    agreement_id: str = identifier(optional=True)
    sales_rep_id: str = identifier(
        optional=True,
        description="Who took the order, where the order system names one.",
    )
    order_date: pl.Date = business_date()
    currency: str = currency_code()
    status: str = text(optional=False, values=("confirmed", "cancelled", "on_hold"))
    cancelled_date: pl.Date = business_date(optional=True)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_id"]}


class OrderLine(Table):
    """One line of an order."""

    order_line_id: str = identifier()
    order_id: str = identifier(refers_to="orders.order_id")
    line_number: pl.Int32 = number("integer")
    product_id: str = identifier(refers_to="products.product_id")
    quantity: Quantity = number("quantity")
    net_amount: Money = money(
        currency="orders.currency",
        description="Net of discount and tax, in order currency.",
    )
    cost_amount: Money = money(currency="orders.currency", optional=True)
    unit_price: Quantity = number("quantity", optional=True)
    list_amount: Money = money(currency="orders.currency", optional=True)
    service_start: pl.Date = business_date(optional=True)
    service_end: pl.Date = business_date(optional=True)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_line_id"]}


class Return(Table):
    """One credit note; amounts are positive and together never more than the line."""

    return_id: str = identifier()
    order_line_id: str = identifier(refers_to="order_lines.order_line_id")
    return_date: pl.Date = business_date()
    amount: Money = money(currency="orders.currency")
    quantity: Quantity = number("quantity", optional=True)
    cost_amount: Money = money(currency="orders.currency", optional=True)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["return_id"]}


class Invoice(Table):
    """One invoice, net of tax."""

    invoice_id: str = identifier()
    order_id: str = identifier(refers_to="orders.order_id")
    date: pl.Date = business_date()
    amount: Money = money(currency="orders.currency")
    due_date: pl.Date = business_date(optional=True)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["invoice_id"]}


class Payment(Table):
    """One payment, net of tax; it names its order or its invoice."""

    payment_id: str = identifier()
    order_id: str = identifier(refers_to="orders.order_id", optional=True)
    invoice_id: str = identifier(refers_to="invoices.invoice_id", optional=True)
    date: pl.Date = business_date()
    amount: Money = money(currency="orders.currency", signed=True)
    source_file: pl.Categorical = text(optional=False, description="File as received.")
    source_line: pl.UInt32 = number("integer", description="Physical line (record number in a Parquet file).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["payment_id"]}
