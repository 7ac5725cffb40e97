"""Random plans of every payout shape, as the words of a plan file; the rule models say which of them are plans at all."""

from itertools import pairwise

from payout_world import component, plan, version
from pydantic import ValidationError

KINDS = ["new_business", "retention", "growth"]
WINDOWS = ["month", "quarter", "half_year", "year"]
FAMILIES = ["hardware", "software"]


def rate(rng):
    return f"0.{rng.choice([rng.randint(0, 999_999), rng.randint(0, 99) * 10_000]):06}"


def amount(units, digits):
    return f"{units // 10**digits}" + (f".{units % 10**digits:0{digits}}" if digits else "")


def some_bounds(rng, of, count, first=0):
    """Bounds that go upwards, each once, as text."""
    steps = sorted(rng.sample(range(first, 300), count))
    return [
        f"{s / 100:.2f}" if of == "attainment" else f"{s * 37}.{s % 10}" if of == "amount" else str(s) for s in steps
    ]


def tiers(rng, shape, of, worth):
    bounds = ["0", *some_bounds(rng, of, rng.randint(0, 3), 1), None]
    modes = {"mode": ["marginal", "retroactive"]} if shape == "mixed" else {}
    return [
        {"from": low, "to": high, **worth(rng), **{name: rng.choice(words) for name, words in modes.items()}}
        for low, high in pairwise(bounds)
    ]


def payout(rng, of="attainment"):
    """A multiple over a result."""
    shape = rng.choice(["flat", "marginal", "retroactive", "mixed", "stepped", "interpolated"])
    if shape == "flat":
        return {"shape": shape, "rate": rate(rng)}
    if shape in ("marginal", "retroactive", "mixed"):
        return {"shape": shape, "tiers": tiers(rng, shape, of, lambda r: {"rate": rate(r)})}
    return outline(rng, shape, of, 100)


def outline(rng, shape, of, scale):
    """Steps or points, paying up to some hundreds of ``scale`` hundredths."""
    if shape == "stepped":
        bounds = [*some_bounds(rng, of, rng.randint(1, 3), 1), None]
        return {
            "shape": shape,
            "tiers": [
                {
                    "from": a,
                    "to": b,
                    "pays": f"{rng.randint(0, 300) * scale / 10_000:.4f}".rstrip("0").rstrip(".") or "0",
                }
                for a, b in pairwise(bounds)
            ],
        }
    starts = rng.random() < 0.5
    at = [*(["0"] if starts else []), *some_bounds(rng, of, rng.randint(2, 3), 1)]
    pays = ["0" if n == 0 and starts else f"{rng.randint(0, 300) * scale / 10_000:.2f}" for n, _ in enumerate(at)]
    more = {"beyond": rng.choice(["hold", "extend"])} if starts else {"below_first": "nothing"}
    return {"shape": shape, "points": [{"at": a, "pays": p} for a, p in zip(at, pays, strict=True)], **more}


def curve(rng, of, attains, digits):
    """Any curve that fits the measure."""
    counts = of in ("units", "orders", "customers")
    if counts and rng.random() < 0.4:
        shape = "per_unit" if of == "units" else "per_event"
        return {"shape": shape, "amount": amount(rng.randint(1, 5000), digits)}
    shapes = ["flat"] * (not counts) + ["marginal", "retroactive", "mixed", "stepped", "interpolated"]
    shape = rng.choice([*shapes, *(["target", "matrix"] if attains else [])])
    if shape == "flat":
        return {"shape": shape, "rate": rate(rng)}
    over = rng.choice(["attainment", "amount"]) if attains else "units" if counts else "amount"
    if shape in ("marginal", "retroactive", "mixed"):
        worth = (lambda r: {"amount": amount(r.randint(0, 3000), digits)}) if counts else (lambda r: {"rate": rate(r)})
        return {"shape": shape, "of": over, "tiers": tiers(rng, shape, over, worth)}
    if shape in ("stepped", "interpolated"):
        return {**outline(rng, shape, over, 10_000), "of": over}
    if rng.random() < 0.5:
        incentive = {"amount": amount(rng.randint(1, 9_000_000), digits), "per": rng.choice(WINDOWS)}
    else:
        incentive = {"assigned": rng.choice(["0.5", "1", "0.333333"])}
    incentive["prorate"] = rng.choice(["days_actual", "months", "30_360", "none"])
    if shape == "target":
        return {"shape": shape, "incentive": incentive, "payout": payout(rng)}
    return {"shape": shape, "incentive": incentive, **matrix(rng)}


def matrix(rng):
    lookup = rng.choice(["stepped", "bilinear"])
    reading = rng.choice([
        {"of": "margin_share", "credits": KINDS, "scope": "year"},
        {"of": "growth", "credits": "new_business", "scope": "year"},
        {"of": "kpi", "kpi": "quality", "scope": "quarter"},
    ])  # fmt: skip
    rows = some_bounds(rng, "attainment", 2, 1)
    rows = ["0", *rows] if lookup == "bilinear" else rows
    at = sorted({f"{rng.randint(-100, 150) / 100:.2f}" for _ in range(4)}, key=float)[:3]
    cells = [
        ["0" if lookup == "bilinear" and n == 0 else f"{rng.randint(0, 200)}%" for _ in at] for n, _ in enumerate(rows)
    ]
    return {"lookup": lookup, "rows": rows, "columns": {"reading": reading, "at": at}, "cells": cells}


def reading(rng, simple):
    """A figure for gates and multipliers."""
    of = rng.choice(
        ["revenue", "margin", "units", "margin_share", "growth", "kpi", *(["attainment"] if simple else [])]
    )
    scope = (
        rng.choice(WINDOWS)
        if of in ("kpi", "attainment")
        else rng.choice([*WINDOWS, "quarter_to_date", "half_year_to_date", "year_to_date"])
    )
    if of == "kpi":
        return {"of": of, "kpi": "quality", "scope": rng.choice(["quarter", "year"])}
    whose = rng.choice(["own", "own", "direct_reports", "team"]) if of != "attainment" else "own"
    credits = rng.sample(KINDS, rng.randint(1, 3))
    return {
        "of": of,
        "credits": credits,
        "scope": scope,
        "whose": whose,
        **({"quota": "quota"} if of == "attainment" else {}),
    }


def gate(rng, simple, reads):
    figure = reading(rng, simple)
    bound = {"revenue": "500", "margin": "200", "units": "3"}.get(figure["of"], "0.5")
    bounds = rng.choice([{"at_least": bound}, {"below": bound}, {"at_least": "0", "below": bound}])
    return {"reading": figure, **bounds, "reads": rng.choice(reads)}


def words_of(rng, digits, simple):
    """What a component says in all versions."""
    of = rng.choice(["revenue"] * 4 + ["margin", "up_to_target", "above_target", "units", "orders", "customers"])
    words = {"of": of, "positions": rng.choice(["together", "separate"]), "clawback": rng.choice(["as_corrected", "as_negative"]),
             "restart": rng.random() < 0.7, "window": rng.choice(WINDOWS)}  # fmt: skip
    if of in ("margin", "up_to_target", "above_target"):
        words["below_cost"] = rng.choice(["mirrored", "floored", "ignored"])
    words["whose"] = rng.choice(["own"] * 4 + ["direct_reports", "team"])
    if words["whose"] != "own":
        words["base"] = rng.choice(["credit", "commission"]) if of == "revenue" else "credit"
        words["own_deals"] = rng.choice(["excluded", "included"])
    if rng.random() < 0.25 and words.get("base") != "commission":
        words["factors"] = [factor(rng, of in ("orders", "customers"))]
    if rng.random() < 0.2 and words.get("base") != "commission":
        words["event"] = event(rng)
    if rng.random() < 0.25:
        words["caps"] = [cap(rng, per, digits) for per in rng.sample(["deal", *WINDOWS], rng.randint(1, 2))]
    elif rng.random() < 0.15:
        words["caps"] = [{**cap(rng, rng.choice(WINDOWS), digits, False), "excess": "carried"}]
    if rng.random() < 0.2:
        words["budget"] = {"amount": amount(rng.randint(1, 200_000), digits)}
    words["quota"] = quota_use(rng, simple, words["window"])
    may_keep = words["clawback"] == "as_corrected" and not counts_whole(of) and "event" not in words
    words["keeps"] = may_keep and words.get("base") != "commission" and rng.random() < 0.3
    return words


def counts_whole(of):
    return of in ("orders", "customers")


def clawback(rng, words):
    """One word, or a window, a share and kept attainment; window and share of a component may change with its version."""
    whole, given = counts_whole(words["of"]), {}
    if words.get("base") == "commission" or (whole and "event" in words):
        return words["clawback"]
    if rng.random() < 0.3:
        given["window_days"] = str(rng.choice([0, 30, 90, 180]))
    if rng.random() < 0.35 and not whole:
        given["share"] = share(rng)
    if words["keeps"]:
        given["affects_attainment"] = "false"
    return {"mode": words["clawback"], **given} if given else words["clawback"]


def share(rng):
    by = rng.choice(["age_days", "age_months", "months_remaining"])
    if by == "months_remaining":
        first = rng.choice([{}, {"of_first": str(rng.choice([6, 12, 18]))}])
        return {"by": by, **first, "without_term": rng.choice(["0", "1", "0.25"])}
    bounds = ["0", *sorted(rng.sample(range(1, 12), rng.randint(0, 2))), None]
    ends = [None if end is None else str(int(end) * (30 if by == "age_days" else 1)) for end in bounds]
    some = ["0", "1", "0.5", "0.333333", "0.75"]
    return {"by": by, "bands": [{"from": a, "to": b, "share": rng.choice(some)} for a, b in pairwise(ends)]}


def factor(rng, counted_whole):
    counts = "pay" if counted_whole else rng.choice(["quota", "pay", "both"])
    by = rng.choice(["product_family", "sub_motion", "credit_type", "discount", "margin_share", "term_months"])
    some = ["0.5", "1", "1.25", "0.8"] + (["0"] if counts != "quota" else [])
    if by in ("product_family", "sub_motion", "credit_type"):
        name = {"product_family": "hardware", "sub_motion": "upsell", "credit_type": "split"}[by]
        return {"by": by, "counts": counts, "of": {name: rng.choice(some)}, "otherwise": rng.choice(some)}
    bounds = ["12", "24"] if by == "term_months" else ["0.1", "0.3"]
    ends = [None, *bounds, None]
    return {
        "by": by,
        "counts": counts,
        "bands": [{"from": a, "to": b, "factor": rng.choice(some)} for a, b in pairwise(ends)],
    }


def event(rng):
    def shares():
        cut = sorted([rng.randint(0, 10), rng.randint(0, 10)])
        return {
            "booking": f"{cut[0] * 10}%",
            "invoice": f"{(cut[1] - cut[0]) * 10}%",
            "payment": f"{(10 - cut[1]) * 10}%",
        }

    return rng.choice(
        ["invoice", "payment", shares(), {"product_family": {"hardware": shares()}, "otherwise": shares()}]
    )


def cap(rng, per, digits, may_be_soft=True):
    more = rng.choice([{}, {"soft": rng.choice(["0.5", "0.333333"])}]) if may_be_soft else {}
    return {"per": per, "amount": amount(rng.randint(1, 60_000), digits), **more}


def quota_use(rng, simple, window):
    use = {"measure": "quota"}
    if simple:
        return {**use, "prorate": "none"}
    use["of"] = rng.choice(["assigned"] * 4 + ["previous_window", "team"])
    use["prorate"] = rng.choice(["days_actual", "months", "30_360", "none"])
    if use["of"] == "previous_window":
        use["no_quota"] = rng.choice(["first_tier", "last_tier"])
    elif rng.random() < 0.3:
        use["weights"] = rng.choice(
            [["0.4", "0.6"], ["0.1", "0.2", "0.3", "0.4"], ["0.05"] * 6 + ["0.1"] * 5 + ["0.2"]]
        )
    if rng.random() < 0.3 and use["of"] != "previous_window":
        use["ramp"] = ["25%", "50%", "0.333333"]
    return use


def random_component(rng, name, words, digits, simple):
    """One that the rule models take; None where these words do not fit each other."""
    of = words["of"]
    kinds = rng.sample(KINDS, rng.randint(1 if words["positions"] == "together" else 2, 3))
    measure = {"credits": kinds, "of": of, **({"positions": words["positions"]} if len(kinds) > 1 else {})}
    measure |= {key: words[key] for key in ("below_cost", "whose", "base", "own_deals", "factors") if key in words}
    if rng.random() < 0.2:
        measure["only"] = rng.choice(
            [
                {"product_family": ["hardware"]},
                {"first_order": "true"},
                {"product_family": ["hardware"], "first_order": "true"},
            ]
        )
    is_plain = words.get("event") is None and words.get("base") != "commission"
    window = (
        words["window"]
        if of != "revenue" or words["quota"].get("of") or words.get("budget")
        else rng.choice([*WINDOWS, "transaction"])
    )
    attains = of not in ("units", "orders", "customers") or words["quota"].get("of") == "previous_window"
    drawn = curve(rng, of, attains and window != "transaction" and window in WINDOWS, digits)
    given = {"measure": measure, "window": window, "curve": drawn, "clawback": clawback(rng, words), "restart": words["restart"],
             **{key: words[key] for key in ("event", "caps", "budget") if key in words}}  # fmt: skip
    needs = drawn["shape"] in ("target", "matrix") or drawn.get("of") == "attainment"
    if needs:
        given["quota"] = dict(words["quota"])
        if given["quota"].get("no_quota") and drawn["shape"] not in ("marginal", "retroactive", "mixed"):
            return None
    if window == "transaction":
        given.pop("budget", None)
    elif rng.random() < 0.3:
        given["gates"] = [gate(rng, simple, ["end", "running"] if is_plain else ["end"])]
    if window != "transaction" and rng.random() < 0.3:
        given["multipliers"] = [
            {"reading": {"of": "kpi", "kpi": "quality", "scope": "quarter"}, "payout": payout(rng), "reads": "end"}
        ]
    if rng.random() < 0.15:
        given["floor"] = True
    if rng.random() < 0.1:
        given["dates"] = {"from": "2025-02-10", "to": "2026-05-20"}
    if (
        drawn["shape"] in ("marginal", "retroactive", "mixed")
        and window in WINDOWS[:3]
        and rng.random() < 0.2
        and words["quota"].get("of") != "previous_window"
    ):
        given["tier_window"] = rng.choice([w for w in WINDOWS[1:] if WINDOWS.index(w) > WINDOWS.index(window)])
    return component(component=name, **given)


def random_plan(rng, currency, digits, called, simple, parts=None):
    """Two components a version; the second version of a plan may have another than the first; ``parts`` draws what else it pays."""
    words = {name: words_of(rng, digits, simple) for name in ("one", "two", "three")}
    starts = ["2024-01-01", "2025-05-17", "2025-05-17"][: rng.randint(1, 3)]
    versions = []
    while len(versions) < len(starts):
        number = len(versions)
        drawn = [random_component(rng, name, words[name], digits, simple) for name in rng.sample(list(words), 2)]
        more = parts(rng) if parts else {}
        decided = f"2023-01-0{rng.choice([1, 2, 3]) if number < 2 else number + 2}"
        try:
            given = version(
                *[p for p in drawn if p], version=str(number), valid_from=starts[number], decided_on=decided, **more
            )
            made = plan(*versions, given, currency=currency, plan=called, for_roles=[])
            versions.append(given)
        except ValidationError:
            continue
    return made
