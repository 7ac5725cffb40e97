"""Several courses of business in one company: all of them are paid in one go, and none may touch another."""

from random_worlds import credits_of, in_order

OWN_IDS = (
    "payee_id", "manager_id", "subject_id", "account_id", "product_id", "order_id", "order_line_id", "return_id", "opportunity_id",
    "invoice_id", "payment_id",
)  # fmt: skip


def side_by_side(courses):
    """Credits, plans and tables of courses on one ground; everything that has an id carries the seed of its course."""
    rows = in_order([_marked(row, course.seed) for course in courses for row in course.rows])
    plans = [
        plan.model_copy(update={"plan": f"{name}_{course.seed}"})
        for course in courses
        for name, plan in course.plans.items()
    ]
    tables = {}
    for course in courses:
        for name, own in course.tables.items():
            tables.setdefault(name, []).extend(_marked(row, course.seed) for row in own if name != "fx_rates")
    return credits_of(rows), plans, {**tables, "fx_rates": courses[0].tables["fx_rates"]}


def _marked(row, seed):
    marked = {key: f"{seed}~{value}" if key in OWN_IDS and value is not None else value for key, value in row.items()}
    if "plan" in row and row["plan"] != "none":
        marked["plan"] = f"{row['plan']}_{seed}"
    return marked


def unmarked(value):
    """The seed and the id of its course: ``7~ann`` → 7, ``ann``."""
    seed, _, own = value.partition("~")
    return int(seed), own
