"""The small company of ``statement_world`` on one plan with a component of every shape, every modifier and every bonus."""

from decimal import Decimal

from compensation.rules import Rules
from schemas.rules.plan import Plan
from tests.compensation.statement.statement_world import COMPANY, DAY, PLANS, facts, table, version

READING = {"of": "attainment", "credits": "new_business", "quota": "new_business", "scope": "quarter"}
NEW = {"credits": "new_business"}
QUOTA = {"measure": "new_business"}


def component(name, label, curve, **more):
    return {"component": name, "label": label, "measure": NEW, "window": "quarter", "curve": curve, **more}


PLAN = {
    "plan": "executive", "label": "Everything", "currency": "EUR", "versions": [version(
        [
            component("tiers", "Commission on new business", {"shape": "marginal", "of": "attainment", "tiers": [
                {"from": "0", "to": "1.00", "rate": "5%"}, {"from": "1.00", "to": None, "rate": "8%"}]}, quota=QUOTA, source="§3.1"),
            component("gated", "Accelerator", {"shape": "flat", "rate": "1%"}, gates=[
                {"reading": READING, "at_least": "100%", "source": "§3.2"}]),
            component("multiplied", "Team commission", {"shape": "flat", "rate": "2%"}, multipliers=[
                {"reading": READING, "payout": {"shape": "interpolated", "points": [{"at": "50%", "pays": "90%"}, {"at": "100%", "pays": "100%"}]}}]),
            component("capped", "Monthly commission", {"shape": "flat", "rate": "10%"}, window="month", caps=[
                {"per": "deal", "amount": "4000.00"}, {"per": "month", "amount": "3000.00", "excess": "carried"}]),
            component("steps", "Step bonus", {"shape": "stepped", "of": "amount", "tiers": [
                {"from": "50000.00", "to": "100000.00", "pays": "500.00"}, {"from": "100000.00", "to": None, "pays": "1500.00"}]}),
            component("target", "Target incentive", {"shape": "target", "incentive": {"amount": "3000.00", "per": "quarter"}, "payout": {
                "shape": "interpolated", "points": [{"at": "30%", "pays": "0%"}, {"at": "100%", "pays": "100%"}, {"at": "150%", "pays": "200%"}]}}, quota=QUOTA),
            component("mixed", "Mixed tiers", {"shape": "mixed", "of": "amount", "tiers": [
                {"from": "0", "to": "50000.00", "rate": "1%", "mode": "marginal"}, {"from": "50000.00", "to": None, "rate": "2%", "mode": "retroactive"}]}),
            component("order", "On each order", {"shape": "retroactive", "of": "amount", "tiers": [
                {"from": "0", "to": "5000.00", "rate": "1%"}, {"from": "5000.00", "to": None, "rate": "3%"}]}, window="transaction"),
            component("gated_running", "From the quota on", {"shape": "flat", "rate": "3%"}, gates=[{"reading": READING, "at_least": "50%", "reads": "running"}]),
            component("matrix", "By attainment and revenue", {"shape": "matrix", "incentive": {"amount": "900.00", "per": "quarter"}, "lookup": "bilinear", "rows": ["0%", "100%"],
                "columns": {"reading": {"of": "revenue", "credits": "new_business", "scope": "quarter"}, "at": ["0", "100000.00"]}, "cells": [["0%", "0%"], ["50%", "150%"]]}, quota=QUOTA),
            component("wider", "At the rate of the quarter", {"shape": "retroactive", "of": "amount", "tiers": [
                {"from": "0", "to": "70000.00", "rate": "1%"}, {"from": "70000.00", "to": None, "rate": "2%"}]}, window="month", tier_window="quarter"),
            component("campaign", "Campaign", {"shape": "per_event", "amount": "150.00"}, measure={**NEW, "of": "orders"}, budget={"amount": "401.00"}),
            component("units", "For each licence", {"shape": "per_unit", "amount": "25.00"}, measure={**NEW, "of": "units"}, dates={"from": "2026-01-01", "to": "2026-03-01"}),
        ],
        bonuses=[{"bonus": "quality", "label": "Quality bonus", "window": "quarter", "incentive": {"amount": "1000.00", "per": "quarter"}, "source": "§4", "objectives": [
            {"objective": "csat", "label": "Customer satisfaction", "weight": "60%", "reading": {"of": "kpi", "kpi": "csat", "scope": "quarter"}, "score": {"shape": "flat", "rate": "10%"}, "cap": "120%"},
            {"objective": "attained", "label": "Attainment", "weight": "40%", "reading": READING, "score": {"shape": "flat", "rate": "100%"}, "threshold": "50%"}]}],
        pools=[{"pool": "team", "label": "Team pool", "window": "quarter", "holds": {"amount": "999.99"}, "shared": "equally"}],
        guarantee={"incentive": {"amount": "2500.00", "per": "month"}},
    )],
}  # fmt: skip

MANAGER = {
    "plan": "manager", "label": "Manager", "currency": "EUR", "versions": [version([component(
        "override", "Override on the team", {"shape": "flat", "rate": "1%"}, measure={**NEW, "whose": "team", "base": "credit"})])],
}  # fmt: skip


def everything():
    """Facts and rules: Ada and Dee are on everything, Bob manages them and earns an override."""
    given = facts()
    payees = [
        {"payee_id": payee, "payee_name": name, "role": role, "currency": "EUR", "manager_id": manager, "hire_date": DAY("2025-01-01")}
        for payee, name, role, manager in (
            ("E-1042", "Ada Lovelace", "sales_rep", "E-1043"), ("E-1043", "Bob Barker", "manager", None),
            ("E-1044", "Cid Cedar", "sales_rep", None), ("E-1045", "Dee Dawson", "sales_rep", "E-1043"), ("E-1046", "Eve Egan", "sales_rep", None))
    ]  # fmt: skip
    assigned = (("E-1042", "executive"), ("E-1043", "manager"), ("E-1044", "tokyo"), ("E-1045", "executive"))
    changed = {
        "payees": payees,
        "plan_assignments": [{"payee_id": payee, "plan": plan, "valid_from": DAY("2026-01-01")} for payee, plan in assigned],
        "kpi_results": [{"subject_id": "E-1042", "kpi": "csat", "period": "2026-Q1", "value": Decimal("9.2"), "confirmed_by": "k.ito"}],
    }  # fmt: skip
    plans = tuple(Plan.model_validate(plan) for plan in (PLAN, MANAGER))
    return {**given, **{name: table(name, rows) for name, rows in changed.items()}}, Rules(COMPANY, (*plans, PLANS[2]))
