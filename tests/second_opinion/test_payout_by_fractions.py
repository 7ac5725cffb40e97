"""Random plans and credits: the engine and the fractions agree to the last minor unit, credit by credit."""

import random
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from payout_by_fractions import payout
from payout_world import company, component, credits_of, earned_by_credit, pay_world, plan, version

DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}
KINDS = ["new_business", "retention", "growth"]


def random_curve(rng):
    shape = rng.choice(["flat", "marginal", "retroactive", "mixed"])
    if shape == "flat":
        return {"shape": "flat", "rate": str(rng.randint(0, 999_999) / 10**6)}
    of = rng.choice(["amount", "attainment"])
    steps = sorted(rng.sample(range(1, 300), rng.randint(0, 4)))
    bounds = ["0", *(f"{step / 100:.2f}" if of == "attainment" else f"{step * 37}.{step % 10}" for step in steps), None]
    tiers = [
        {
            "from": low,
            "to": high,
            "rate": f"0.{rng.randint(0, 999_999):06}",
            **({"mode": rng.choice(["marginal", "retroactive"])} if shape == "mixed" else {}),
        }
        for low, high in pairwise(bounds)
    ]
    return {"shape": shape, "of": of, "tiers": tiers}


def random_component(rng, name, clawback, positions):
    credits = rng.sample(KINDS, rng.randint(1 if positions == "together" else 2, 3))
    measure = {"credits": credits, **({"positions": positions} if len(credits) > 1 else {})}
    window = rng.choice(["month", "quarter", "half_year", "year"])
    return component(
        component=name,
        measure=measure,
        window=window,
        curve=random_curve(rng),
        quota={"measure": "quota"},
        clawback=clawback,
    )


def random_plan(rng, currency, called="plan"):
    """Two components a version; the second version of a plan may have another than the first."""
    words = {
        name: (rng.choice(["as_corrected", "as_negative"]), rng.choice(["together", "separate"]))
        for name in ("one", "two", "three")
    }
    starts = ["2024-01-01", "2025-05-17", "2025-05-17"][: rng.randint(1, 3)]
    versions = [
        version(
            *[random_component(rng, name, *words[name]) for name in rng.sample(list(words), 2)],
            version=str(number), valid_from=start, decided_on=f"2023-01-0{rng.choice([1, 2, 3]) if number < 2 else number + 2}",
        )
        for number, start in enumerate(starts)
    ]  # fmt: skip
    return plan(*versions, currency=currency, plan=called, for_roles=["sales_rep"] if called == "plan" else [])


def random_stays(rng, plans):
    """Each payee on one plan throughout, or changing among plans and none."""
    stays = []
    for payee in ("rep", "two"):
        days = sorted(date(2025, 1, 1) + timedelta(days=d) for d in rng.sample(range(1, 729), rng.choice([0, 0, 1, 3])))
        names = [None]
        for start, end in pairwise([date(2023, 1, 1), *days, date(2029, 1, 1)]):
            names.append(rng.choice([name for name in (*plans, "none") if name != names[-1]]))
            stays.append({"payee": payee, "plan": plans.get(names[-1]), "name": names[-1], "from": start, "to": end})
    return stays


def random_credits(rng, digits):
    rows = []
    for number in range(1, rng.randint(2, 60)):
        sales = [n for n, row in enumerate(rows, start=1) if "of" not in row]
        units = rng.choice([0, 1, -5, rng.randint(1, 2000), rng.randint(1, 300_000)])
        if sales and rng.random() < 0.3:
            sale = rows[(of := rng.choice(sales)) - 1]
            on = min(date.fromisoformat(sale["on"]) + timedelta(days=rng.randint(0, 400)), date(2026, 12, 31))
            rows.append({"on": str(on), "amount": minor(-units, digits), "of": of})
        else:
            on = date(2025, 1, 1) + timedelta(days=rng.randint(0, 729))
            rows.append(
                {
                    "on": str(on),
                    "amount": minor(units, digits),
                    "payee": rng.choice(["rep", "two"]),
                    "kind": rng.choice(KINDS),
                    "number": number,
                }
            )
    return rows


def minor(units, digits):
    return (
        str(Fraction(units, 10**digits).limit_denominator(1000).numerator)
        if digits == 0
        else f"{'-' if units < 0 else ''}{abs(units) // 10**digits}.{abs(units) % 10**digits:0{digits}}"
    )


def random_quotas(rng, digits):
    rows = [{"period": str(year), "amount": minor(rng.randint(10**digits, 500_000), digits)} for year in (2025, 2026)]
    if rng.random() < 0.5:
        rows.append(
            {"period": "2025", "valid_from": "2025-08-09", "amount": minor(rng.randint(10**digits, 500_000), digits)}
        )
    if rng.random() < 0.3:
        rows[0]["valid_from"] = "2025-03-04"
    return rows


def agree(seed):
    rng = random.Random(seed)  # noqa: S311 - cases, not secrets
    currency = rng.choice(list(DIGITS))
    digits = DIGITS[currency]
    rows, quotas = random_credits(rng, digits), random_quotas(rng, digits)
    plans = {name: random_plan(rng, currency, name) for name in ("plan", "other")}
    stays = random_stays(rng, plans)
    assigned = [
        {"payee_id": stay["payee"], "plan": stay["name"], "valid_from": stay["from"], "valid_to": stay["to"]}
        for stay in stays
    ]
    credits = credits_of([{key: value for key, value in row.items() if key != "number"} for row in rows])
    people = [{"payee_id": payee} for payee in ("rep", "two")]
    known = [
        {**quota, "payee_id": person["payee_id"], "measure": "quota", "currency": currency}
        for quota in quotas
        for person in people
    ]
    paid = pay_world(
        credits,
        *plans.values(),
        firm=company(currency=currency),
        payees=people,
        quotas=known,
        plan_assignments=assigned,
    )
    plain = [
        {
            "payee": row["payee_id"], "place": row["sequence"], "on": row["event_date"], "sold_on": row["sale_date"],
            "kind": row["motion"], "amount": Fraction(row["amount"]), "is_return": row["return_id"] is not None,
        }
        for row in credits.to_dicts()
    ]  # fmt: skip
    said = [
        {
            "measure": "quota",
            "year": int(q["period"]),
            "amount": Fraction(q["amount"]),
            "from": date.fromisoformat(q.get("valid_from", "0001-01-01")),
        }
        for q in quotas
    ]
    assert [Fraction(value) for value in earned_by_credit(paid, credits)] == payout(stays, plain, said, digits), (
        f"seed {seed}"
    )


@pytest.mark.parametrize("start", range(0, 100, 10))
def test_a_hundred_random_plans_agree(start):
    for seed in range(start, start + 10):
        agree(seed)


@pytest.mark.slow
def test_two_thousand_random_plans_agree():
    for seed in range(100, 2100):
        agree(seed)
