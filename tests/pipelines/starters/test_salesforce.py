"""Salesforce's objects under their API names, as Data Loader and the Bulk API write them."""

import shutil
from decimal import Decimal

import pytest

from pipelines.intake import IntakeStopped
from tests.pipelines.starters.trial import Trial, company_from, correct, figure, ids, refused, tolerant

OBJECTS = {
    "Account": "Id IsDeleted MasterRecordId Name Type ParentId BillingCity BillingCountry Phone Industry OwnerId CreatedDate SystemModstamp",
    "User": "Id Username LastName FirstName Name Title Email IsActive UserType ManagerId EmployeeNumber",
    "Opportunity": "Id IsDeleted AccountId Name StageName Amount Probability CloseDate Type LeadSource IsClosed IsWon OwnerId CreatedDate",
    "OpportunityLineItem": "Id OpportunityId SortOrder PricebookEntryId Product2Id Quantity TotalPrice UnitPrice IsDeleted",
    "OpportunitySplit": "Id OpportunityId SplitOwnerId SplitPercentage SplitAmount SplitNote SplitTypeId IsDeleted",
    "OpportunitySplitType": "Id DeveloperName MasterLabel IsActive IsTotalValidated",
    "AccountTeamMember": "Id AccountId UserId TeamMemberRole IsDeleted",
    "Product2": "Id Name ProductCode IsActive Family IsDeleted",
    "Order": "Id OwnerId AccountId Pricebook2Id OriginalOrderId EffectiveDate EndDate IsReductionOrder Status StatusCode Type OrderNumber "
    "TotalAmount IsDeleted Opportunity__c",
    "OrderItem": "Id Product2Id IsDeleted OrderId PricebookEntryId OriginalOrderItemId AvailableQuantity Quantity UnitPrice ListPrice "
    "TotalPrice ServiceDate EndDate OrderItemNumber",
    "DatedConversionRate": "Id IsoCode StartDate NextStartDate ConversionRate",
}  # fmt: skip


def write(trial: Trial, name: str, *rows: dict[str, str]) -> None:
    """An object as the API exports it; what is not said to be deleted is not."""
    headers = OBJECTS[name].split()
    unset = {"IsDeleted": "false"} if "IsDeleted" in headers else {}
    trial.write(f"{name}.csv", headers, *({**unset, **row} for row in rows))


def _sf(kind: str, number: int) -> str:
    """An id of 18 characters, as the API writes it."""
    return f"{kind}5g000000{number:04d}AAA"


ANN, BOB, KIM, MAX, ROBOT, ZOE = (_sf("005", number) for number in range(1, 7))
ACME, ACME_WEST, RIVAL, GONE = (_sf("001", number) for number in range(1, 5))
FIRST_DEAL, SHARED_DEAL, OPEN_DEAL = (_sf("006", number) for number in range(1, 4))
PUMP, PIPE = _sf("01t", 1), _sf("01t", 2)
FIRST, SHARED, DRAFT, BACK, NOT_YET_BACK = (_sf("801", number) for number in range(1, 6))
LINES = [_sf("802", number) for number in range(10)]


@pytest.fixture
def salesforce(tmp_path):
    trial = company_from("salesforce", tmp_path)
    write(trial,
        "User",
        {"Id": ANN, "Name": "Ann Lee", "Title": "Account Executive", "Email": "ann@x.example", "ManagerId": MAX, "IsActive": "true", "UserType": "Standard"},
        {"Id": BOB, "Name": "Bob Ray", "Title": "Account Executive", "Email": "bob@x.example", "ManagerId": MAX, "IsActive": "false", "UserType": "Standard"},
        {"Id": KIM, "Name": "Kim Ono", "Title": "Key Account Manager", "Email": "kim@x.example", "ManagerId": MAX, "IsActive": "true", "UserType": "Standard"},
        {"Id": MAX, "Name": "Max Orr", "Title": "VP Sales", "Email": "max@x.example", "IsActive": "true", "UserType": "Standard"},
        {"Id": ROBOT, "Name": "Automated Process", "IsActive": "true", "UserType": "AutomatedProcess"},
        {"Id": ZOE, "Name": "Zoe Day", "Email": "zoe@x.example", "IsActive": "true", "UserType": "Standard"},
    )  # fmt: skip
    write(
        trial,
        "Account",
        {"Id": ACME, "Name": "Acme", "Type": "Customer", "OwnerId": ANN, "BillingCountry": "US"},
        {"Id": ACME_WEST, "Name": "Acme West", "ParentId": ACME, "OwnerId": ANN},
        {"Id": RIVAL, "Name": "Rival", "Type": "Competitor", "OwnerId": ANN},
        {"Id": GONE, "Name": "Acme (old)", "IsDeleted": "true", "MasterRecordId": ACME, "OwnerId": ROBOT},
    )
    deal = {"AccountId": ACME, "StageName": "Closed Won", "IsWon": "true", "IsClosed": "true", "OwnerId": ANN}
    write(
        trial,
        "Opportunity",
        {**deal, "Id": FIRST_DEAL, "Amount": "60500.50", "CloseDate": "2025-01-14"},
        {**deal, "Id": SHARED_DEAL, "Amount": "100000.00", "CloseDate": "2025-03-09"},
        {**deal, "Id": OPEN_DEAL, "StageName": "Prospecting", "IsWon": "false", "CloseDate": "2025-12-31"},
    )
    write(trial,
        "Product2", {"Id": PUMP, "Name": "Pump", "Family": "Machines"}, {"Id": PIPE, "Name": "Pipe", "IsActive": "false"}
    )  # fmt: skip
    _salesforce_orders(trial)
    return trial


def _salesforce_orders(trial: Trial) -> None:
    order = {
        "AccountId": ACME,
        "OwnerId": MAX,
        "IsReductionOrder": "false",
        "Status": "Activated",
        "StatusCode": "Activated",
    }
    back = {**order, "IsReductionOrder": "true", "OriginalOrderId": FIRST}
    write(
        trial,
        "Order",
        {**order, "Id": FIRST, "AccountId": ACME_WEST, "EffectiveDate": "2025-01-15", "Opportunity__c": FIRST_DEAL},
        {**order, "Id": SHARED, "EffectiveDate": "2025-03-10", "Opportunity__c": SHARED_DEAL},
        {**order, "Id": DRAFT, "EffectiveDate": "2025-03-12", "Status": "Draft", "StatusCode": "Draft"},
        {**back, "Id": BACK, "EffectiveDate": "2025-03-20"},
        {**back, "Id": NOT_YET_BACK, "EffectiveDate": "2025-03-21", "Status": "Draft", "StatusCode": "Draft"},
    )
    line = {"Product2Id": PUMP, "OrderId": FIRST}
    write(trial,
        "OrderItem",
        {**line, "Id": LINES[1], "Quantity": "10.0", "UnitPrice": "6000.0", "TotalPrice": "60000.0", "OrderItemNumber": "0000000011"},
        {**line, "Id": LINES[2], "Quantity": "1.0", "UnitPrice": "500.5", "TotalPrice": "500.5", "OrderItemNumber": "0000000012", "Product2Id": PIPE},
        {**line, "Id": LINES[3], "Quantity": "5.0", "UnitPrice": "20000.0", "TotalPrice": "100000.0", "OrderItemNumber": "0000000013", "OrderId": SHARED},
        {**line, "Id": LINES[4], "Quantity": "1.0", "UnitPrice": "9.0", "TotalPrice": "9.0", "OrderItemNumber": "0000000014", "OrderId": DRAFT},
        {**line, "Id": LINES[5], "Quantity": "-2.0", "UnitPrice": "6000.0", "TotalPrice": "-12000.0", "OrderItemNumber": "0000000015", "OrderId": BACK, "OriginalOrderItemId": LINES[1]},
        {**line, "Id": LINES[6], "Quantity": "-8.0", "UnitPrice": "6000.0", "TotalPrice": "-48000.0", "OrderItemNumber": "0000000016", "OrderId": NOT_YET_BACK, "OriginalOrderItemId": LINES[1]},
    )  # fmt: skip


def _salesforce_splits(trial: Trial) -> None:
    shares = [
        (FIRST_DEAL, ANN, "100.0", "R"),
        (SHARED_DEAL, ANN, "60.0", "R"),
        (SHARED_DEAL, BOB, "40.0", "R"),
        (SHARED_DEAL, KIM, "100.0", "O"),
    ]
    write(trial,
        "OpportunitySplit",
        *({"Id": f"S{number}", "OpportunityId": deal, "SplitOwnerId": who, "SplitPercentage": percent, "SplitTypeId": kind}
          for number, (deal, who, percent, kind) in enumerate(shares)),
    )  # fmt: skip
    write(
        trial, "OpportunitySplitType", {"Id": "R", "DeveloperName": "Revenue"}, {"Id": "O", "DeveloperName": "Overlay"}
    )


def test_salesforce_exports_come_in_whole_and_pay_what_the_plan_says(salesforce):
    _salesforce_splits(salesforce)
    intake = salesforce.intake()
    assert refused(intake) == []
    assert ids(intake, "accounts", "account_id") == [ACME, ACME_WEST]
    assert ids(intake, "orders", "order_id") == [FIRST, SHARED, DRAFT]
    assert intake.facts["order_lines"].sort("order_line_id")["line_number"].to_list() == [1, 2, 1, 1]
    assert intake.facts["returns"].select("order_line_id", "amount", "quantity").rows() == [
        (LINES[1], Decimal("12000.000"), Decimal("2.000000"))
    ]
    assert dict(intake.facts["payees"].select("payee_id", "role").iter_rows()) == {
        ANN: "sales_rep", BOB: "sales_rep", KIM: "account_manager", MAX: "manager", ZOE: "other",
    }  # fmt: skip
    results = salesforce.results()
    # 5 % of 60,000.00 and 500.50 = 3,025.025, up to the cent
    assert figure(results, ANN, "2025-P01") == Decimal("3025.03")
    # + 60 % of 100,000.00: the year stands at 120,500.50, worth 5,000.00 + 8 % of 20,500.50 = 6,640.04, so 3,615.01 more;
    # 12,000.00 come back from the top: 8 %, 960.00 less
    assert figure(results, ANN, "2025-P03") == Decimal("2655.01")
    assert figure(results, ANN, "2025-P03", "clawback") == Decimal("-960.00")
    # 40 % of 100,000.00 at 5 %, though Bob is active no more
    assert figure(results, BOB, "2025-P03") == Decimal("2000.00")


def test_without_splits_the_deals_owner_wins_and_a_correction_says_when_somebody_left(salesforce):
    assert figure(salesforce.results(), ANN, "2025-P03", "credited_revenue") == Decimal("88000.00")
    correct(salesforce, ("payees", f"{ANN}|", "termination_date", "2025-02-28"))
    # Neither as owner of the deal nor of the account; the return still follows its sale.
    assert figure(salesforce.results(), ANN, "2025-P03", "credited_revenue") == Decimal("-12000.00")


def test_a_split_type_nobody_has_decided_on_holds_its_orders_back(salesforce):
    tolerant(salesforce)
    _salesforce_splits(salesforce)
    write(
        salesforce,
        "OpportunitySplitType",
        {"Id": "R", "DeveloperName": "Revenue"},
        {"Id": "O", "DeveloperName": "Presales"},
    )
    assert ("opportunity_splits", "split_type_unknown") in refused(salesforce.intake())


def test_account_teams_name_the_account_manager(salesforce):
    member = {"AccountId": ACME, "UserId": KIM}
    write(
        salesforce,
        "AccountTeamMember",
        {**member, "Id": "T1", "TeamMemberRole": "Account Manager"},
        {**member, "Id": "T2", "TeamMemberRole": "Executive Sponsor", "UserId": MAX},
    )
    rows = salesforce.intake().facts["assignments"].sort("account_id", "role").select("account_id", "payee_id", "role")
    assert rows.rows() == [(ACME, KIM, "account_manager"), (ACME, ANN, "sales_rep"), (ACME_WEST, ANN, "sales_rep")]


def test_ids_of_fifteen_characters_are_refused_where_they_find_nothing(salesforce):
    tolerant(salesforce)
    orders = salesforce.exports / "Order.csv"
    orders.write_text(orders.read_text().replace(ACME_WEST, ACME_WEST[:15]))
    assert ("orders", "unknown_account") in refused(salesforce.intake())


def test_an_order_that_names_no_field_for_its_deal_is_refused_as_a_file_and_says_so(salesforce):
    orders = salesforce.exports / "Order.csv"
    orders.write_text(orders.read_text().replace("Opportunity__c", "Quote__c"))
    with pytest.raises(IntakeStopped, match="column 'Opportunity__c' of orders is missing"):
        salesforce.intake()


def test_rates_of_the_corporate_currency_are_turned_round(salesforce):
    for name in ("orders", "opportunities"):
        salesforce.edit(f"sources/{name}.yaml", "currency: {constant: USD}", "currency: CurrencyIsoCode")
        path = salesforce.exports / {"orders": "Order.csv", "opportunities": "Opportunity.csv"}[name]
        header, *rows = path.read_text(encoding="utf-8-sig").splitlines()
        path.write_text("\n".join([f"{header},CurrencyIsoCode", *(f"{row},EUR" for row in rows)]) + "\n")
    rate = {"StartDate": "2025-01-01", "NextStartDate": "2025-03-01"}
    write(
        salesforce,
        "DatedConversionRate",
        {**rate, "Id": "1", "IsoCode": "EUR", "ConversionRate": "0.8"},
        {**rate, "Id": "2", "IsoCode": "USD", "ConversionRate": "1"},
    )
    # 60,500.50 EUR × 1.25 = 75,625.63 (60,000.00 and 500.50 apart: 75,000.00 + 625.625, up), at 5 %
    assert figure(salesforce.results(), ANN, "2025-P01") == Decimal("3781.28")


def test_without_orders_won_deals_are_booked(salesforce):
    for path in (salesforce.company / "sources" / "won_deals").glob("*.yaml"):
        shutil.move(path, salesforce.company / "sources" / path.name)
    for name in ("Order.csv", "OrderItem.csv"):
        (salesforce.exports / name).unlink()
    item = {"Product2Id": PUMP, "Quantity": "1.0"}
    write(
        salesforce,
        "OpportunityLineItem",
        {**item, "Id": "L1", "OpportunityId": FIRST_DEAL, "TotalPrice": "60500.5"},
        {**item, "Id": "L2", "OpportunityId": SHARED_DEAL, "TotalPrice": "100000.0"},
        {**item, "Id": "L3", "OpportunityId": OPEN_DEAL, "TotalPrice": "7.0"},
    )
    assert refused(salesforce.intake()) == []
    results = salesforce.results()
    assert figure(results, ANN, "2025-P01") == Decimal("3025.03")
    # 160,500.50: 5,000.00 + 8 % of 60,500.50 = 9,840.04, less 3,025.03
    assert figure(results, ANN, "2025-P03") == Decimal("6815.01")
