"""The story that the demo exports tell: who works here, who buys, and what happened from 2025-01 to 2026-10.

Everything is invented. Amounts are round so that a person can follow every figure with a pencil;
``README.md`` tells the same story in words and says which statement shows what.
"""

from dataclasses import dataclass

USERS = (
    # id, name, title, manager, hired, last day of service
    ("S300", "Henrik Vogel", "Head of Sales", "", "01.01.2025", ""),
    ("S301", "Greta Sommer", "Sales Manager", "S300", "01.01.2025", ""),
    ("R101", "Anna Brandt", "Account Executive", "S301", "01.01.2025", ""),
    ("R102", "Ben Okafor", "Account Executive", "S301", "01.01.2025", "30.06.2026"),
    ("R103", "Carla Mendes", "Sales Representative", "S301", "01.01.2025", ""),
    ("R104", "David Lindqvist", "Account Executive", "S301", "01.09.2025", ""),
    ("R105", "Fiona Keller", "Sales Representative", "S301", "01.01.2025", ""),
    ("M201", "Eva Hoffmann", "Key Account Manager", "S300", "01.01.2025", ""),
    ("M202", "Farid Haddad", "Key Account Manager", "S300", "01.01.2025", ""),
    ("C401", "Ida Novák", "Sales Coordinator", "S301", "01.01.2025", ""),
)

PLAN_ASSIGNMENTS = (
    # payee, plan, from, first day on which it no longer applies
    ("R101", "account_executive", "2025-01-01", ""),
    ("R102", "account_executive", "2025-01-01", "2026-07-01"),
    ("R104", "account_executive", "2025-10-01", ""),
    ("R103", "small_business_rep", "2025-01-01", ""),
    ("R105", "small_business_rep", "2025-01-01", ""),
    ("S300", "none", "2025-01-01", ""),  # on no plan, and somebody decided so
    ("S301", "none", "2025-01-01", ""),
    ("C401", "none", "2025-01-01", ""),
)

QUARTERLY_QUOTAS = (
    # payee, new business to win in each quarter, first quarter, last quarter
    ("R101", 100_000, "2025-Q1", "2026-Q4"),
    ("R102", 80_000, "2025-Q1", "2026-Q2"),
    ("R104", 90_000, "2025-Q4", "2026-Q4"),
)

ACCOUNTS = (
    # number, name, parent, segment, country, currency
    ("10000", "Hansa Maschinenbau Gruppe", "", "enterprise", "DE", "EUR"),
    ("10010", "Hansa Maschinenbau Hamburg GmbH", "10000", "enterprise", "DE", "EUR"),
    ("10020", "Hansa Maschinenbau Rostock GmbH", "10000", "enterprise", "DE", "EUR"),
    ("11000", "Pacific Optics Inc.", "", "enterprise", "US", "USD"),
    ("12000", "Kitayama Seiki K.K.", "", "enterprise", "JP", "JPY"),
    ("13000", "Müller & Söhne Präzision GmbH", "", "medium", "DE", "EUR"),
    ("14000", "Delta Aérostructures SAS", "", "medium", "FR", "EUR"),
    ("15000", "Alpenwerk Turbinen AG", "", "medium", "AT", "EUR"),
    ("16000", "Rheintal Kunststoffe GmbH", "", "medium", "DE", "EUR"),
    ("17000", "Nordsee Windservice GmbH", "", "medium", "DE", "EUR"),
    ("18000", "Baltic Shipyards UAB", "", "medium", "LT", "EUR"),
    ("18500", "Voralpen Hydraulik GmbH", "", "medium", "AT", "EUR"),
    ("18600", "Öresund Medtech AB", "", "medium", "SE", "EUR"),
    ("18700", "Garonne Robotique SARL", "", "medium", "FR", "EUR"),
    ("18800", "Cascade Sensors LLC", "", "medium", "US", "USD"),
    ("18900", "Mosel Verpackung GmbH", "", "medium", "DE", "EUR"),
    ("19000", "Lindenau Instruments Demo Lab", "", "own company", "DE", "EUR"),
    ("19900", "Web shop, walk-in customers", "", "small", "DE", "EUR"),
)

SMALL_CUSTOMERS = (
    # number, name, the small business rep who serves it from 2025-01-01
    ("20001", "Schlosserei Brockmann", "R103"),
    ("20002", "Feinwerk Oltmanns", "R105"),
    ("20003", "Werkzeugbau Petersen", "R103"),
    ("20004", "Drehteile Köster", "R105"),
    ("20005", "Modellbau Thießen", "R103"),
    ("20006", "Prüflabor Ahrens", "R105"),
    ("20007", "Gießerei Lüders", "R103"),
    ("20008", "Optik Hinrichs", "R105"),
    ("20009", "Metallbau Janßen", "R103"),
    ("20010", "Zahntechnik Behrens", "R105"),
    ("20011", "Uhrenmanufaktur Voss", "R103"),
    ("20012", "Formenbau Stöver", "R105"),
    ("20013", "Fahrzeugbau Eggers", "R103"),
    ("20014", "Messtechnik Rohde", "R105"),
    ("20015", "Bootswerft Claasen", "R103"),
    ("20016", "Apparatebau Meinken", "R105"),
)

TEAM = (
    # account, user, role in the CRM, from, last day
    ("10000", "R101", "Account Owner", "01.01.2025", "30.06.2025"),
    ("10000", "M201", "Key Account Manager", "01.07.2025", ""),
    ("10000", "C401", "Coordinator", "01.07.2025", ""),
    ("11000", "R102", "Account Owner", "01.01.2025", "30.09.2025"),
    ("11000", "M202", "Key Account Manager", "01.10.2025", ""),
    ("12000", "R104", "Account Owner", "01.10.2025", "31.03.2026"),
    ("12000", "M202", "Key Account Manager", "01.04.2026", ""),
    ("13000", "R101", "Account Owner", "01.01.2025", "31.12.2025"),
    ("13000", "M201", "Key Account Manager", "01.01.2026", ""),
    ("14000", "R101", "Account Owner", "01.01.2025", ""),
    ("15000", "R101", "Account Owner", "01.01.2025", ""),
    ("16000", "R101", "Account Owner", "01.01.2025", ""),
    ("17000", "R104", "Account Owner", "01.10.2025", ""),
    ("18000", "R101", "Account Owner", "01.01.2025", ""),
    ("18500", "R101", "Account Owner", "01.01.2025", ""),
    ("18600", "R101", "Account Owner", "01.01.2025", ""),
    ("18700", "R104", "Account Owner", "01.10.2025", ""),
    ("18800", "R102", "Account Owner", "01.01.2025", "30.06.2026"),
    ("18800", "R104", "Account Owner", "01.07.2026", ""),
    ("20007", "R103", "Account Owner", "01.01.2025", "28.02.2026"),
    ("20007", "R105", "Account Owner", "01.03.2026", ""),
)

KEY_ACCOUNTS = (
    # account, key account from, last day
    ("10000", "01.07.2025", ""),
    ("11000", "01.10.2025", ""),
    ("12000", "01.04.2026", ""),
    ("13000", "01.01.2026", ""),
)

ITEMS = (
    # item, name, family, list price, unit cost (EUR)
    ("I-100", "Surface gauge", "instruments", 4_000, 2_200),
    ("I-200", "Coordinate arm", "instruments", 20_000, 11_000),
    ("I-300", "Laser tracker", "instruments", 50_000, 29_000),
    ("W-100", "Measuring software, licence", "software", 5_000, 500),
    ("S-100", "Calibration visit", "service", 1_000, 600),
    ("S-200", "Service contract, one year", "service", 6_000, 3_300),
    ("C-100", "Probe tips, box", "consumables", 250, 110),
    ("C-200", "Reference spheres, set", "consumables", 500, 230),
)

RATES = (
    # first day, EUR for one USD, EUR for one JPY
    ("2025-01-01", "0.9000", "0.006200"),
    ("2025-04-01", "0.9200", "0.006100"),
    ("2025-07-01", "0.8800", "0.005800"),
    ("2025-10-01", "0.8700", "0.006000"),
    ("2026-01-01", "0.8500", "0.005500"),
    ("2026-04-01", "0.8600", "0.005600"),
    ("2026-07-01", "0.8400", "0.005500"),
    ("2026-10-01", "0.8500", "0.005400"),
)

AGREEMENTS = (
    # agreement, account, family, first day, last day, annual value, currency
    ("AG-7001", "10000", "consumables", "2026-01-01", "2027-12-31", "24000.00", "EUR"),
)

DEALS = (
    # deal, account, owner, stage, close date, lead source, type, amount, currency, loss reason
    ("D-1001", "10010", "R101", "Closed Won", "14.01.2025", "Trade fair", "New", "60.000,00", "EUR", ""),
    ("D-1002", "10020", "R101", "Closed Won", "19.02.2025", "Referral", "New", "46.000,00", "EUR", ""),
    ("D-1003", "13000", "R102", "Closed Won", "10.02.2025", "Web form", "New", "30.000,00", "EUR", ""),
    ("D-1004", "18000", "R101", "Closed Won", "03.03.2025", "Cold call", "New", "20.000,00", "EUR", ""),
    ("D-1005", "11000", "R102", "Closed Won", "08.03.2025", "Trade fair", "New", "100.000,00", "USD", ""),
    ("D-1006", "16000", "R101", "Closed Won", "17.03.2025", "Web form", "New", "20.000,00", "EUR", ""),
    ("D-1007", "10010", "R101", "Closed Won", "09.05.2025", "Referral", "New", "50.000,00", "EUR", ""),
    ("D-1008", "11000", "R102", "Closed Won", "16.06.2025", "Referral", "New", "40.000,00", "USD", ""),
    ("D-1009", "10020", "R101", "Closed Won", "09.07.2025", "Referral", "New", "20.000,00", "EUR", ""),
    ("D-1010", "17000", "R101", "Closed Lost", "25.09.2025", "Web form", "New", "15.000,00", "EUR", "Price"),
    ("D-1011", "12000", "R104", "Closed Won", "03.10.2025", "Trade fair", "New", "10.000.000", "JPY", ""),
    ("D-1012", "15000", "R101", "Closed Won", "19.11.2025", "Referral", "New", "30.000,00", "EUR", ""),
    ("D-1013", "12000", "R104", "Closed Won", "12.12.2025", "Referral", "New", "5.000.000", "JPY", ""),
    ("D-2001", "18500", "R101", "Closed Won", "19.01.2026", "Trade fair", "New", "70.000,00", "EUR", ""),
    ("D-2002", "14000", "R101", "Closed Won", "09.02.2026", "Referral", "New", "100.000,00", "EUR", ""),
    ("D-2003", "17000", "R104", "Closed Won", "23.02.2026", "Web form", "New", "45.000,00", "EUR", ""),
    ("D-2004", "18600", "R101", "Closed Won", "16.03.2026", "Cold call", "New", "40.000,00", "EUR", ""),
    ("D-2005", "12000", "R104", "Closed Won", "25.03.2026", "Referral", "New", "4.000.000", "JPY", ""),
    ("D-2006", "18700", "R104", "Closed Won", "13.04.2026", "Trade fair", "New", "50.000,00", "EUR", ""),
    ("D-2007", "18800", "R102", "Closed Won", "04.05.2026", "Web form", "New", "60.000,00", "USD", ""),
    ("D-2008", "18900", "R101", "Closed Won", "05.05.2026", "Cold call", "New", "9.000,00", "EUR", ""),
    ("D-2009", "16000", "R104", "Closed Won", "18.05.2026", "Win-back", "New", "25.000,00", "EUR", ""),
    ("D-2010", "18800", "R102", "Closed Won", "08.06.2026", "Referral", "New", "30.000,00", "USD", ""),
    ("D-2011", "18800", "R102", "Closed Won", "30.06.2026", "Referral", "New", "20.000,00", "USD", ""),
    ("D-2012", "17000", "R104", "Closed Won", "07.09.2026", "Referral", "New", "35.000,00", "EUR", ""),
    ("D-2013", "18700", "R104", "Closed Won", "23.09.2026", "Partner", "New", "10.000,00", "EUR", ""),
    ("D-2014", "18500", "R101", "Negotiation", "", "Referral", "Existing", "55.000,00", "EUR", ""),
)

SPLITS = (
    # deal, user, kind, per cent
    ("D-1012", "R101", "Revenue", "33,33"),
    ("D-1012", "R102", "Revenue", "33,33"),
    ("D-1012", "R104", "Revenue", "33,34"),
    ("D-2002", "R101", "Revenue", "60"),
    ("D-2002", "R104", "Revenue", "40"),
    ("D-2008", "R101", "Revenue", "66"),  # sums to 99: the order of this deal is held back
    ("D-2008", "R104", "Revenue", "33"),
    ("D-2013", "R104", "Revenue", "90"),
    ("D-2013", "P900", "Revenue", "10"),  # a partner who is no user: this share goes to the house
)

CONTACTS = (
    # contact, account, role in the buying group, last contact
    ("K-01", "10000", "executive", "12.05.2026"),
    ("K-02", "10010", "technical decision maker", "17.08.2026"),
    ("K-03", "10020", "buyer", "19.05.2026"),
    ("K-04", "11000", "buyer", "02.09.2026"),
    ("K-05", "12000", "technical decision maker", "13.07.2026"),
    ("K-06", "13000", "buyer", "05.10.2026"),
)

ACCOUNT_PLANS = (
    # account, family, year, revenue target, margin target: what the account managers wrote down for 2026
    ("10000", "instruments", "2026", "280.000,00", "110.000,00"),
    ("10000", "software", "2026", "30.000,00", "12.000,00"),
    ("10000", "consumables", "2026", "24.000,00", "9.600,00"),
    ("11000", "instruments", "2026", "210.000,00", "84.000,00"),
    ("12000", "instruments", "2026", "80.000,00", "32.000,00"),
    ("13000", "instruments", "2026", "60.000,00", "24.000,00"),
    ("13000", "service", "2026", "12.000,00", "4.800,00"),  # nothing of it was sold yet
)

ACCOUNT_ACTIONS = (
    # action, account, what, owner, due, state
    ("T-01", "10000", "Renew the supply agreement for consumables", "M201", "30.11.2026", "open"),
    ("T-02", "11000", "Find the technical decision maker", "M202", "30.09.2026", "open"),  # overdue
    ("T-03", "12000", "Quarterly review with the plant manager", "M202", "15.07.2026", "done"),
    ("T-04", "13000", "Offer a service contract", "M201", "31.08.2026", "in progress"),  # overdue
)


@dataclass(frozen=True)
class Order:
    """One order as the ERP holds it; ``lines`` are (item, quantity, net amount as text)."""

    order_id: str
    date: str
    account: str
    lines: tuple[tuple[str, int, str], ...]
    deal: str = ""
    agreement: str = ""
    rep: str = ""
    currency: str = "EUR"
    status: str = "OK"
    cancelled: str = ""


ORDERS = (
    # Hansa: won by Anna in January 2025, new for six months, Eva's from 2025-07-01
    Order("30001", "2025-01-15", "10010", (("I-200", 3, "60000.00"),), "D-1001"),
    Order("30002", "2025-02-20", "10020", (("I-200", 2, "40000.00"), ("S-200", 1, "6000.00")), "D-1002"),
    Order("30003", "2025-05-12", "10010", (("I-300", 1, "50000.00"),), "D-1007"),
    Order("30004", "2025-07-10", "10020", (("I-200", 1, "20000.00"),), "D-1009"),
    Order("30005", "2025-07-15", "10010", (("I-200", 1, "20000.00"),)),
    Order("30006", "2025-09-16", "10020", (("S-200", 2, "12000.00"),)),
    Order("30007", "2025-10-07", "10010", (("C-200", 12, "6000.00"),)),
    Order("30008", "2025-11-18", "10010", (("I-300", 1, "50000.00"),)),
    *(
        Order(f"{30010 + month}", f"2026-{month:02}-05", "10010", (("C-200", 4, "2000.00"),), agreement="AG-7001")
        for month in range(1, 11)
    ),
    Order("30031", "2026-02-12", "10010", (("I-300", 2, "100000.00"),)),
    Order("30032", "2026-03-24", "10020", (("S-200", 3, "15000.00"),)),
    Order("30033", "2026-05-20", "10020", (("I-300", 2, "90000.00"),)),
    Order("30034", "2026-08-18", "10010", (("I-300", 2, "90000.00"),)),
    Order("30035", "2026-09-15", "10020", (("S-200", 2, "9000.00"), ("W-100", 6, "30000.00"))),
    # Pacific Optics: won by Ben in dollars, Farid's from 2025-10-01
    Order("30101", "2025-03-10", "11000", (("I-300", 2, "100000.00"),), "D-1005", currency="USD"),
    Order("30102", "2025-06-17", "11000", (("I-200", 2, "40000.00"),), "D-1008", currency="USD"),
    Order("30103", "2025-11-12", "11000", (("I-300", 1, "50000.00"),), currency="USD"),
    Order("30104", "2026-03-18", "11000", (("I-300", 2, "110000.00"),), currency="USD"),
    Order("30105", "2026-06-24", "11000", (("I-200", 3, "60000.00"), ("W-100", 2, "10000.00")), currency="USD"),
    Order("30106", "2026-09-30", "11000", (("I-300", 1, "50000.00"),), currency="USD"),
    # Kitayama: won by David in yen, Farid's from 2026-04-01
    Order("30201", "2025-10-06", "12000", (("I-300", 2, "10000000"),), "D-1011", currency="JPY"),
    Order("30202", "2025-12-15", "12000", (("I-200", 2, "5000000"),), "D-1013", currency="JPY"),
    Order("30203", "2026-03-26", "12000", (("I-200", 1, "4000000"),), "D-2005", currency="JPY"),
    Order("30204", "2026-04-06", "12000", (("I-200", 1, "3000000"),), currency="JPY"),
    Order("30205", "2026-07-14", "12000", (("I-100", 3, "2000000"),), currency="JPY"),
    # Müller & Söhne: won by Ben, served by Anna, a key account of Eva's from 2026-01-01
    Order("30301", "2025-02-11", "13000", (("I-200", 1, "20000.00"), ("I-100", 2, "10000.00")), "D-1003"),
    Order("30302", "2025-09-09", "13000", (("I-100", 2, "10000.00"),)),
    Order("30303", "2026-03-10", "13000", (("I-200", 1, "25000.00"),)),
    Order("30304", "2026-07-07", "13000", (("I-200", 1, "25000.00"),)),
    Order("30305", "2026-10-06", "13000", (("I-100", 3, "12000.00"),)),
    # Shared deals: 60/40, thirds, and one with a partner who is no user
    Order("30401", "2026-02-10", "14000", (("I-300", 2, "100000.00"),), "D-2002"),
    Order("30402", "2025-11-20", "15000", (("I-100", 6, "24000.00"), ("S-200", 1, "6000.00")), "D-1012"),
    Order("30403", "2026-09-24", "18700", (("W-100", 2, "10000.00"),), "D-2013"),
    # Anna's own first orders, and a customer she keeps serving
    Order("30501", "2026-01-20", "18500", (("I-300", 1, "50000.00"), ("I-200", 1, "20000.00")), "D-2001"),
    Order("30502", "2026-03-17", "18600", (("I-200", 2, "40000.00"),), "D-2004"),
    Order("30503", "2025-03-04", "18000", (("I-200", 1, "20000.00"),), "D-1004"),
    Order("30504", "2025-10-14", "18000", (("I-100", 2, "8000.00"),)),
    Order("30505", "2026-03-05", "18000", (("I-100", 2, "10000.00"),)),
    Order("30506", "2026-06-18", "18000", (("I-100", 3, "12000.00"),)),
    # Rheintal: one order in 2025, silent for fourteen months, won back by David
    Order("30601", "2025-03-18", "16000", (("I-200", 1, "20000.00"),), "D-1006"),
    Order("30602", "2026-05-19", "16000", (("I-200", 1, "20000.00"), ("W-100", 1, "5000.00")), "D-2009"),
    # Nordsee: a cancelled order, then a real one
    Order("30701", "2026-02-24", "17000", (("I-200", 2, "45000.00"),), "D-2003", "", "", "EUR", "STORNO", "2026-03-30"),
    Order("30702", "2026-09-08", "17000", (("I-200", 1, "20000.00"), ("W-100", 3, "15000.00")), "D-2012"),
    # Garonne and Cascade: David's, and Ben's last deals; D-2011 was ordered after Ben had left
    Order("30801", "2026-04-14", "18700", (("I-300", 1, "50000.00"),), "D-2006"),
    Order("30802", "2026-05-05", "18800", (("I-200", 3, "60000.00"),), "D-2007", currency="USD"),
    Order("30803", "2026-06-09", "18800", (("W-100", 6, "30000.00"),), "D-2010", currency="USD"),
    Order("30804", "2026-07-08", "18800", (("I-200", 1, "20000.00"),), "D-2011", rep="R104", currency="USD"),
    # Nobody's business: the own demo lab (excluded), the web shop (house), an order on hold
    Order("30901", "2026-04-22", "19000", (("I-200", 1, "20000.00"),)),
    Order("30902", "2025-08-20", "19900", (("C-100", 2, "500.00"),)),
    Order("30903", "2026-08-03", "19900", (("C-200", 3, "1500.00"),)),
    Order("30904", "2026-10-20", "18600", (("S-100", 4, "4000.00"),), status="HOLD"),
    # A small customer of Carla's who sends a part back five weeks later
    Order("30911", "2026-04-28", "20001", (("I-100", 1, "4000.00"),), rep="R103"),
    # What went wrong in the exports, each within the tolerance of company.yaml
    Order("30951", "2026-05-06", "18900", (("I-100", 2, "9000.00"),), "D-2008"),
    Order("30952", "2026-06-03", "99999", (("C-200", 2, "1000.00"),)),
    Order("30953", "2026-06-11", "20003", (("C-100", 4, "1,234"), ("S-100", 1, "1000.00"))),
    Order("30954", "2026-07-21", "20006", (("I-100", 1, "4000.00"), ("X-999", 1, "300.00"), ("C-100", 2, "500.00"))),
    Order("30955", "2026-08-26", "20009", (("S-100", 2, "2000.00"),), currency="EURO"),
)

CREDIT_NOTES = (
    # credit note, order, position, date, amount, quantity
    ("G-601", "30402", "10", "2026-01-22", "6000.00", "1"),
    ("G-602", "30031", "10", "2026-03-19", "5000.00", ""),
    ("G-603", "30505", "10", "2026-04-02", "1000.00", ""),
    ("G-604", "30502", "10", "2026-04-20", "20000.00", "1"),
    ("G-605", "30505", "10", "2026-05-11", "333.33", ""),
    ("G-606", "30031", "10", "2026-06-10", "10000.00", ""),
    ("G-611", "30911", "10", "2026-06-02", "1000.00", ""),
    ("G-607", "30505", "10", "2026-07-15", "666.67", ""),
    ("G-608", "30803", "10", "2026-08-04", "10000.00", "2"),
    ("G-609", "30205", "10", "2026-08-12", "500000", "1"),
    ("G-610", "30031", "10", "2026-09-22", "5000.00", ""),
)

CORRECTIONS = (
    # correction, table, key, column, value, reason, entered by
    ("COR-1", "orders", "30955", "currency", "EUR", "The ERP sent EURO; confirmed with order entry", "i.novak"),
)
