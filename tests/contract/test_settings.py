"""Settings that cannot score are refused with the reason, in Chinese and English."""

import re
from typing import Any

import pytest

from pingyi.channels import Channel
from pingyi.channels.messages import text_of

CHINESE = re.compile("[\u4e00-\u9fff]")
BALLOT: dict[str, Any] = {"preset": "100/80/30", "unscored": ["no_opinion"], "n_min": 1, "shown_as": "score"}
RATES: dict[str, Any] = {"weights": {"closed": "1"}, "n_min": 5, "sub_score_decimals": 2}
BANDS: dict[str, Any] = {"n_min": 5, "sub_score_decimals": 2}
BAND = {"measure": "closed", "points": "10", "full": "95", "per": "1", "floor": "0"}
GRADE = {"key": "good", "options": ["satisfied"], "at_least": "0.5", "of": "eligible"}

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("partner_score", {}, "Missing data for required field."),
    ("partner_score", {"scale": 100.0}, "Not a plain decimal"),
    ("partner_score", {"scale": "0"}, "Must be greater than 0."),
    ("partner_score", {"scale": "NaN"}, "Not a plain decimal"),
    ("partner_score", {"preset": "thousand"}, "Unknown preset"),
    ("partner_score", {"scale": "5", "score_decimals": 21}, "Must be less than or equal to 20."),
    ("panel", {"scale": "100", "trim": 1}, "Missing data for required field."),
    ("mobile_qr", {**BALLOT, "preset": "kaixian", "shown_as": "rate"}, "otherwise it is a score"),
    ("mobile_qr", {**BALLOT, "shown_as": "rate"}, "otherwise it is a score"),
    ("mobile_qr", {**BALLOT, "shown_as": "grade"}, "Must be one of: rate, score."),
    ("mobile_qr", {**BALLOT, "options": {"a": "50", "b": "50"}}, "cannot tell units apart"),
    ("mobile_qr", {**BALLOT, "options": {"a": "101", "b": "0"}}, "less than or equal to 100"),
    ("mobile_qr", {**BALLOT, "options": {"returned": "100", "b": "0"}}, "a meaning of their own"),
    ("mobile_qr", {**BALLOT, "options": {"a b": "100", "b": "0"}}, "Not a key"),
    ("mobile_qr", {**BALLOT, "unscored": ["satisfied"]}, "either scored or not"),
    ("mobile_qr", {**BALLOT, "unscored": ["a", "a"]}, "stands here twice"),
    ("mobile_qr", {**BALLOT, "strata": {"a": "0.5", "b": "0.4"}}, "must sum to 1"),
    ("mobile_qr", {**BALLOT, "dimensions": {"a": "0"}}, "greater than 0"),
    ("mobile_qr", {**BALLOT, "quorum": {"over": "0.5", "of": "eligible"}}, "Unknown field."),
    ("deputies", {**BALLOT, "quorum": {"of": "eligible"}}, 'Give either "over" or "at_least"'),
    ("deputies", {**BALLOT, "grades": [GRADE, GRADE]}, "only the last"),
    ("deputies", {**BALLOT, "grades": [GRADE, {"key": "good"}]}, "A grade stands here twice"),
    ("deputies", {**BALLOT, "grades": [{**GRADE, "over": "0.5"}, {"key": "bad"}]}, "A grade needs"),
    ("deputies", {**BALLOT, "grades": [{**GRADE, "options": ["x"]}, {"key": "bad"}]}, "No such option: x."),
    ("hotline", {**RATES, "weights": {"closed": "0.9"}}, "must sum to 1"),
    ("hotline", {**RATES, "weights": {"closed": 1.0}}, "Not a plain decimal"),
    ("hotline", {**RATES, "bands": [BAND]}, "Give exactly one of"),
    ("hotline", BANDS, "Give exactly one of"),
    ("hotline", {**RATES, "weights": {"speed": "1"}}, "Single cases show only"),
    ("hotline", {**RATES, "weights": {"signed": "1"}}, "needs one"),
    ("hotline", {**RATES, "of": {"closed": "closed"}}, "its own denominator"),
    ("hotline", {**RATES, "of": {"closed": "nothing"}}, "Must be one of"),
    ("hotline", {**RATES, "of": {"satisfied": "closed"}}, "has a denominator here"),
    ("hotline", {**RATES, "source": {"satisfied": "12345"}}, "has a source here"),
    ("hotline", {**RATES, "source": 12345}, "Not a source"),
    ("hotline", {**RATES, "credit": {"basic": "0.9"}}, "which is not scored here"),
    ("hotline", {**BANDS, "bands": [BAND, BAND]}, "A measure stands here twice."),
    ("hotline", {**BANDS, "bands": [{**BAND, "floor": "10"}]}, "must lie below"),
    ("hotline", {**BANDS, "bands": [{**BAND, "full": "101"}]}, "less than or equal to 100"),
    ("hotline", {**BANDS, "bands": [{**BAND, "points": "10.005"}]}, "need more decimals"),
    ("hotline", {**BANDS, "weights": {"closed": "0.33335", "on_time": "0.66665"}}, "need more decimals"),
    ("hotline_totals", {"preset": "three_rate", "n_min": 1, "credit": {"resolved": "0.9"}}, "one meaning"),
    ("hotline_totals", {**RATES, "source": "12345"}, "Unknown field."),
]


def sentences(messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [one for part in messages.values() for one in sentences(part)]
    if isinstance(messages, list):
        return [one for part in messages for one in sentences(part)]
    return [messages]


@pytest.mark.parametrize(("key", "settings", "reason"), REFUSED)
def test_settings_that_cannot_score_are_refused_with_the_reason(
    channels: dict[str, Channel], key: str, settings: dict[str, Any], reason: str
) -> None:
    found = sentences(channels[key].settings_schema().validate(settings))
    assert any(reason in sentence for sentence in found), found
    assert all(CHINESE.search(text_of(sentence).zh) for sentence in found), found


def test_preset_is_filled_in_and_explicit_settings_win(channels: dict[str, Channel]) -> None:
    schema = channels["hotline"].settings_schema()
    loaded = schema.load({"preset": ["panjin", "rate"], "sub_score_decimals": 4})
    assert loaded["preset"] == ("panjin", "rate")
    assert (loaded["n_min"], loaded["sub_score_decimals"]) == (5, 4)
    assert sum(loaded["weights"].values()) == 1


def test_marks_from_one_to_ten_are_exact_ninths(channels: dict[str, Channel]) -> None:
    loaded = channels["web_poll"].settings_schema().load({**BALLOT, "preset": "1-10"})
    assert loaded["options"]["4"] * 9 == 300
