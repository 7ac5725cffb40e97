"""HubSpot's exports with English labels: won deals are orders."""

from decimal import Decimal

import pytest

from pipelines.intake import IntakeStopped
from tests.pipelines.starters.trial import company_from, figure, ids, refused, tolerant

DEALS = (
    "Record ID", "Deal Name", "Pipeline", "Deal Stage", "Amount", "Close Date", "Create Date", "Last Activity Date", "Deal owner",
    "Associated Company IDs (Primary)", "Associated Company (Primary)",
)  # fmt: skip
COMPANIES = (
    "Record ID",
    "Company name",
    "Company owner",
    "Company Domain Name",
    "City",
    "Country/Region",
    "Create Date",
)


@pytest.fixture
def hubspot(tmp_path):
    trial = company_from("hubspot", tmp_path)
    people = ("id", "email", "firstName", "lastName", "userId", "archived", "title", "manager")
    trial.write(
        "owners.csv", people,
        {"id": "81", "email": "ines@x.example", "firstName": "Inés", "lastName": "Gil", "title": "Account Executive", "manager": "Lou Hale"},
        {"id": "82", "email": "tom@x.example", "firstName": "Tom", "lastName": "Orr", "archived": "true", "title": "Account Executive", "manager": "Lou Hale"},
        {"id": "83", "email": "lou@x.example", "firstName": "Lou", "lastName": "Hale", "title": "Sales Manager"},
    )  # fmt: skip
    trial.write(
        "companies.csv", COMPANIES,
        {"Record ID": "9001", "Company name": "Alster AG", "Company owner": "Inés Gil", "Country/Region": "Germany"},
        {"Record ID": "9002", "Company name": "Elbe GmbH"},
    )  # fmt: skip
    deal = {
        "Pipeline": "Sales Pipeline",
        "Deal Stage": "Closed Won",
        "Deal owner": "Inés Gil",
        "Associated Company IDs (Primary)": "9001",
    }
    trial.write(
        "deals.csv", DEALS,
        {**deal, "Record ID": "501", "Amount": "40000", "Close Date": "2025-02-27 16:05"},
        {**deal, "Record ID": "502", "Amount": "25000.5", "Close Date": "2025-03-31 23:59", "Associated Company IDs (Primary)": "9002"},
        {**deal, "Record ID": "503", "Amount": "900", "Close Date": "2025-04-02", "Deal owner": "Tom Orr", "Pipeline": "Renewals"},
        {**deal, "Record ID": "504", "Amount": "77", "Close Date": "2025-03-01 09:00", "Deal Stage": "Closed Lost"},
        {**deal, "Record ID": "505", "Deal Stage": "Contract Sent", "Deal owner": "", "Associated Company IDs (Primary)": ""},
    )  # fmt: skip
    return trial


def test_hubspots_won_deals_come_in_whole_and_pay_what_the_plan_says(hubspot):
    intake = hubspot.intake()
    assert refused(intake) == []
    assert ids(intake, "orders", "order_id") == ["501", "502", "503"]
    assert ids(intake, "opportunities", "opportunity_id") == ["501", "502", "503", "504"]
    assert ids(intake, "products", "product_family") == ["Renewals", "Sales Pipeline"]
    results = hubspot.results()
    assert figure(results, "Inés Gil", "2025-P02") == Decimal("2400.00")  # 6 % of 40,000.00
    # The quarter stands at 65,000.50: 3,000.00 + 10 % of 15,000.50 = 4,500.05, less 2,400.00
    assert figure(results, "Inés Gil", "2025-P03") == Decimal("2100.05")
    assert figure(results, "Tom Orr", "2025-P04") == Decimal("54.00")


def test_a_return_kept_by_hand_takes_back_what_the_deal_paid(hubspot):
    back = {"return_id": "CN-1", "order_line_id": "502", "return_date": "2025-05-05", "amount": "25000.50"}
    hubspot.write("returns.csv", back, back)
    assert figure(hubspot.results(), "Inés Gil", "2025-P05", "clawback") == Decimal("-2100.05")


def test_a_won_deal_without_a_company_or_with_two_is_refused(hubspot):
    tolerant(hubspot)
    deals = hubspot.exports / "deals.csv"
    text = deals.read_text(encoding="utf-8-sig").replace(" (Primary)", "").replace("9002", "9001;9002")
    deals.write_text(text.replace("Tom Orr,9001", "Tom Orr,"))
    found = refused(hubspot.intake())
    assert ("orders", "unknown_account") in found
    assert [reason for table, reason in found if table == "orders" and reason != "unknown_account"] == ["missing_key"]


def test_an_export_in_another_language_is_refused_with_what_is_expected(hubspot):
    deals = hubspot.exports / "deals.csv"
    deals.write_text(deals.read_text().replace("Close Date", "Fecha de cierre"))
    with pytest.raises(IntakeStopped, match="column 'Close Date' of orders is missing; found 'Record ID'"):
        hubspot.intake()
