"""What a measure refuses: words that would silently mean nothing, and factors without a meaning."""

import pytest
from pydantic import ValidationError

from schemas.rules.measure import Factor, Measure, Only


def refusal(model, **words):
    with pytest.raises(ValidationError) as refused:
        model.model_validate(words)
    return str(refused.value)


def test_a_credit_type_that_no_credit_has_is_refused():
    assert "credit_type 'whole' is not known; write direct, split" in refusal(Only, credit_type=["direct", "whole"])


def test_a_factor_by_an_unknown_sub_motion_or_credit_type_is_refused():
    words = {"counts": "pay"}
    found = refusal(Factor, by="sub_motion", of={"renewed": "0.5"}, **words)
    assert "sub_motion 'renewed' is not known; write new_logo, win_back, repeat, cross_sell, upsell, renewal" in found
    assert "credit_type 'whole' is not known" in refusal(Factor, by="credit_type", of={"whole": "1"}, **words)
    assert Factor.model_validate({"by": "product_family", "of": {"anything": "1"}, **words}).of


@pytest.mark.parametrize("words", [{"of": {"spare": "0"}}, {"of": {"spare": "1"}, "otherwise": "0"}])
def test_a_quota_factor_of_0_has_no_tier_to_be_paid_in(words):
    assert "write counts: both if it pays nothing either" in refusal(
        Factor, by="product_family", counts="quota", **words
    )
    assert Factor.model_validate({"by": "product_family", "counts": "both", **words}).counts == "both"


def test_orders_and_customers_take_factors_of_pay_alone():
    factor = {"by": "product_family", "of": {"spare": "0.5"}}
    found = refusal(Measure, credits="growth", of="orders", factors=[{**factor, "counts": "both"}])
    assert "orders are counted whole; a factor here has counts: pay" in found
    measure = Measure.model_validate({"credits": "growth", "of": "customers", "factors": [{**factor, "counts": "pay"}]})
    assert measure.factors[0].counts == "pay"


def test_bands_touch_and_only_the_ends_are_open():
    bands = [{"from": None, "to": "20%", "factor": "1"}, {"from": "25%", "to": None, "factor": "0.5"}]
    assert "a band ends at 0.20 and the next starts at 0.25" in refusal(
        Factor, by="discount", counts="pay", bands=bands
    )
