"""Random scorecards, pools and guarantees, as the words of a plan file."""

from random_plans import WINDOWS, amount, gate, payout, rate, reading

BASES = ["days_actual", "months", "30_360", "none"]
ROLES = ["sales_rep", "account_manager", "manager", "other"]


def kept(rng, digits):
    """What a bonus and a pool say in all versions of a plan: how often, and the cap, the same in each."""
    window = rng.choice(WINDOWS)
    wider = WINDOWS[WINDOWS.index(window) :]
    cap = {"per": rng.choice(wider), "amount": amount(rng.randint(1, 900_000), digits)}
    cap |= rng.choice([{}, {"soft": "0.333333"}, {"excess": "carried"}])
    return {"window": window, "caps": [cap] if rng.random() < 0.5 else [], "pool": rng.choice(WINDOWS)}


def incentive(rng, digits):
    stated = {"amount": amount(rng.randint(1, 2_000_000), digits), "per": rng.choice(WINDOWS)}
    assigned = {"assigned": rng.choice(["0.5", "1", "0.333333"])}
    return {**rng.choice([stated, assigned]), "prorate": rng.choice(BASES)}


def bonus(rng, digits, simple, same):
    """A scorecard of one to three objectives."""
    weights = rng.choice([["1"], ["0.4", "0.6"], ["0.333333", "0.333333", "0.333334"]])
    objectives = []
    for number, weight in enumerate(weights):
        figure = reading(rng, simple)
        over = (
            "amount" if figure["of"] in ("revenue", "margin") else "units" if figure["of"] == "units" else "attainment"
        )
        bounds = {}
        if rng.random() < 0.4:
            bounds["threshold"] = {"amount": "500", "units": "3"}.get(over, "0.4")
        if rng.random() < 0.4:
            bounds["cap"] = "0.9"
        objectives.append(
            {
                "objective": f"o{number}",
                "label": "O",
                "reading": figure,
                "weight": weight,
                "score": payout(rng, over),
                **bounds,
            }
        )
    more = {"gates": [gate(rng, simple, ["end"])]} if rng.random() < 0.3 else {}
    if rng.random() < 0.3:
        more["multipliers"] = [{"reading": {"of": "kpi", "kpi": "quality", "scope": "quarter"}, "payout": payout(rng)}]
    return {
        "bonus": "card", "label": "Card", "window": same["window"], "incentive": incentive(rng, digits),
        "objectives": objectives, "caps": same["caps"], **more,
    }  # fmt: skip


def pool(rng, digits, simple, same):
    """A fixed amount, or a share of a reading; shared equally, by a reading or by role."""
    held = {"rate": rate(rng), "reading": _money(rng, simple)}
    holds = rng.choice([{"amount": amount(rng.randint(1, 900_000), digits)}, held])
    shared = rng.choice(["equally", "by_reading", "by_role"])
    more = {"by": reading(rng, simple)} if shared == "by_reading" else {}
    if shared == "by_role":
        more["weights"] = {role: str(rng.randint(1, 3)) for role in rng.sample(ROLES, rng.randint(1, 3))}
    if rng.random() < 0.3:
        more["gates"] = [gate(rng, simple, ["end"])]
    return {
        "pool": "pot", "label": "Pot", "window": same["pool"], "holds": holds, "shared": shared, "prorate": rng.choice(BASES), **more,
    }  # fmt: skip


def _money(rng, simple):
    while (figure := reading(rng, simple))["of"] not in ("revenue", "margin"):
        pass
    return figure


def guarantee(rng, digits):
    months = rng.choice([{}, {"months_of_service": rng.randint(1, 9)}])
    return {"incentive": incentive(rng, digits), **months}


def parts(rng, digits, simple, same):
    """Some of them, for one version."""
    found = {}
    if rng.random() < 0.7:
        found["bonuses"] = [bonus(rng, digits, simple, same)]
    if rng.random() < 0.6:
        found["pools"] = [pool(rng, digits, simple, same)]
    if rng.random() < 0.5:
        found["guarantee"] = guarantee(rng, digits)
    return found
