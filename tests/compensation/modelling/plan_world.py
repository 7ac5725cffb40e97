"""Plans in a few words, for tests."""

from schemas.rules.plan import Plan

FLAT = {"shape": "flat", "rate": "5%"}


def component(curve=FLAT, name="c", **more):
    return {
        "component": name,
        "label": "C",
        "measure": {"credits": "new_business"},
        "window": "quarter",
        "curve": curve,
        **more,
    }


def version(*components, name="1", start="2026-01-01", decided="2025-12-01", **more):
    return {
        "version": name, "valid_from": start, "decided_on": decided, "entered_by": "a", "approved_by": "b",
        "source": {"title": "T"}, "components": list(components), **more,
    }  # fmt: skip


def plan(*versions, **more):
    given = {
        "plan": "p",
        "label": "P",
        "currency": "EUR",
        "for_roles": ["sales_rep"],
        "versions": list(versions),
        **more,
    }
    return Plan.model_validate(given)


def tiers(shape, *tiers):
    ends = [*(start for start, _ in tiers[1:]), None]
    return {
        "shape": shape, "of": "amount",
        "tiers": [{"from": start, "to": end, "rate": rate} for (start, rate), end in zip(tiers, ends, strict=True)],
    }  # fmt: skip
