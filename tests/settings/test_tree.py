from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.errors import SettingsError
from hiphinge.settings.json_text import dumps, loads
from hiphinge.settings.params import from_json, names, override, to_json
from hiphinge.settings.tree import slots

RAD, RAD_S = {"unit": "rad"}, {"unit": "rad/s"}


@dataclass(frozen=True)
class Worn:
    sensor: str
    site: str


@dataclass(frozen=True)
class Rule:
    """When to warn.

    on_share : of own range.
    limit, turn : rad and rad/s,
        on two lines.
    """

    on_share: float = 0.8
    limit: float = field(default=math.radians(20), metadata=RAD)
    turn: float = field(default=math.radians(10), metadata=RAD_S)
    unknown: float = math.nan
    corners: tuple[float, ...] = field(default=(0.1, 0.2), metadata=RAD)
    most: int = 3
    quiet: bool = False
    word: str = "vqf"
    until: float | None = None
    pair: tuple[str, int] = ("a", 1)


@dataclass(frozen=True)
class Root:
    worn: tuple[Worn, ...] = ()
    rounding: Rule = field(default_factory=Rule)
    by_site: Mapping[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True)
class Needy:
    limit: float
    note: str = ""


FLOATS = st.floats(allow_nan=False)
RULES = st.builds(
    Rule,
    on_share=FLOATS,
    limit=st.floats(-1e290, 1e290),
    turn=st.floats(-7, 7),
    unknown=FLOATS,
    corners=st.lists(st.floats(-7, 7), max_size=4).map(tuple),
    most=st.integers(),
    quiet=st.booleans(),
    word=st.text(),
    until=st.none() | FLOATS,
    pair=st.tuples(st.text(), st.integers(-9, 9)),
)
ROOTS = st.builds(
    Root,
    worn=st.lists(st.builds(Worn, st.text(), st.text()), max_size=3).map(tuple),
    rounding=RULES,
    by_site=st.dictionaries(st.text(), RULES, max_size=2),
)


@given(ROOTS)
def test_json_brings_back_the_same_to_the_last_bit(root: Root) -> None:
    text = to_json(root)
    assert from_json(text, Root) == root
    assert to_json(from_json(text, Root)) == text


def test_nan_is_null_and_stays_nan() -> None:
    assert '"unknown": null' in to_json(Root())
    assert math.isnan(from_json(to_json(Root()), Root).rounding.unknown)


def test_angles_stand_in_degrees_under_names_that_say_so() -> None:
    tree = loads(to_json(Rule()), "test")
    assert tree["limit_deg"] == 20.0
    assert tree["turn_deg_s"] == 10.0
    assert "limit" not in tree
    assert "limit_deg" in slots(Rule)


def test_order_is_that_of_the_fields() -> None:
    assert list(loads(to_json(Root()), "test")) == ["worn", "rounding", "by_site"]


def test_what_is_missing_takes_its_default() -> None:
    found = from_json('{"rounding": {"on_share": 0.5}}', Root)
    assert repr(found) == repr(Root(rounding=replace(Rule(), on_share=0.5)))


def test_what_has_no_default_must_be_there() -> None:
    with pytest.raises(SettingsError, match=r"^limit: missing, expected a number\. Add it\.$"):
        from_json("{}", Needy)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"^rounding.on_shar: an unknown name, expected one like rounding.on_share"):
        from_json('{"rounding": {"on_shar": 0.5}}', Root)


def test_an_angle_by_its_inner_name_points_to_the_outer() -> None:
    with pytest.raises(SettingsError, match=r"rounding\.limit_deg") as e:
        override(Root(), {"rounding.limit": "0.3"})
    assert e.value.name == "rounding.limit"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"rounding": {"on_share": "much"}}', "rounding.on_share: 'much', expected a number"),
        ('{"rounding": {"on_share": true}}', "rounding.on_share: True, expected a number"),
        ('{"rounding": {"on_share": [1]}}', "rounding.on_share: a list of 1, expected a number"),
        ('{"rounding": {"limit_deg": 1' + "0" * 400 + "}}", "rounding.limit_deg: a number too large"),
        ('{"rounding": {"most": 1.5}}', "rounding.most: 1.5, expected a whole number"),
        ('{"rounding": {"most": true}}', "rounding.most: True, expected a whole number"),
        ('{"rounding": {"quiet": 1}}', "rounding.quiet: 1, expected true or false"),
        ('{"rounding": {"word": null}}', "rounding.word: None, expected text"),
        ('{"rounding": {"pair": ["a"]}}', "rounding.pair: a list of 1, expected one of 2"),
        ('{"rounding": {"pair": ["a", "b"]}}', "rounding.pair.1: 'b', expected a whole number"),
        ('{"rounding": 3}', "rounding: 3, expected a table"),
        ('{"worn": [{"sensor": "a"}]}', "worn.0.site: missing, expected text"),
        ("[]", "the settings: a list of 0, expected a table"),
        ("{", "the settings: no JSON in line 1, column 2"),
        ('{"rounding": {"on_share": NaN}}', "the settings: JSON that is nested too deep or with a number"),
        ("[" * 200_000, "the settings: JSON that is nested too deep"),
    ],
)
def test_what_does_not_fit_is_said(text: str, complaint: str) -> None:
    with pytest.raises(SettingsError) as e:
        from_json(text, Root)
    assert str(e.value).startswith(complaint)


def test_override_reads_what_somebody_types() -> None:
    changes = {
        "rounding.on_share": "0.7",
        "rounding.limit_deg": "35",
        "rounding.turn_deg_s": "-1e1",
        "rounding.unknown": "nan",
        "rounding.corners_deg": "10, 20,30",
        "rounding.most": "4",
        "rounding.quiet": "true",
        "rounding.word": "ekf",
        "rounding.until": "2",
    }
    rule = override(Root(), changes).rounding
    assert (rule.on_share, rule.most, rule.quiet, rule.word, rule.until) == (0.7, 4, True, "ekf", 2.0)
    assert rule.limit == math.radians(35)
    assert rule.turn == math.radians(-10)
    assert rule.corners == tuple(map(math.radians, (10, 20, 30)))
    assert math.isnan(rule.unknown)
    assert override(Root(rounding=rule), {"rounding.until": "none"}).rounding.until is None
    assert override(Root(rounding=rule), {"rounding.corners_deg": ""}).rounding.corners == ()


def test_override_leaves_the_rest_and_its_argument_alone() -> None:
    before = Root(worn=(Worn("a", "sacrum"),), rounding=replace(Rule(), limit=2.7, unknown=0.0))
    after = override(before, {"rounding.most": "9"})
    assert after == replace(before, rounding=replace(before.rounding, most=9))
    assert before.rounding.most == 3


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("rounding.on_share", "0,7", "rounding.on_share: '0,7', expected a number with a decimal point"),
        ("rounding.most", "2.5", "rounding.most: '2.5', expected a whole number"),
        ("rounding.quiet", "yes", "rounding.quiet: 'yes', expected true or false"),
        ("rounding", "1", "rounding: an unknown name"),
        ("worn", "x", "worn: an unknown name"),
        ("on_share", "1", "on_share: an unknown name, expected one like rounding.on_share"),
        ("rounding.pair", "a", "rounding.pair: a list of 1, expected one of 2"),
    ],
)
def test_override_refuses(name: str, value: str, complaint: str) -> None:
    with pytest.raises(SettingsError) as e:
        override(Root(), {name: value})
    assert str(e.value).startswith(complaint)


def test_names_tell_value_unit_and_meaning() -> None:
    found = {s.name: s for s in names(Root())}
    assert "worn" not in found
    assert found["rounding.limit_deg"].value == "20"
    assert found["rounding.limit_deg"].unit == "deg"
    assert found["rounding.turn_deg_s"].unit == "deg/s"
    assert found["rounding.turn_deg_s"].comment == "deg and deg/s, on two lines."
    assert found["rounding.on_share"].comment == "of own range."
    assert found["rounding.quiet"].value == "false"
    assert found["rounding.corners_deg"].value == "5.72957795131,11.4591559026"


def test_every_name_that_is_listed_takes_the_value_that_is_shown() -> None:
    changes = {s.name: s.value for s in names(Root()) if s.value != "None"}
    shown = [s.value for s in names(override(Root(), changes))]
    assert shown == [s.value for s in names(Root())]


def test_infinite_numbers_keep_their_sign() -> None:
    assert dumps([math.inf, -math.inf]) == '["inf", "-inf"]'
    rule = Rule(limit=math.inf, on_share=-math.inf, unknown=1.0)
    assert from_json(to_json(rule), Rule) == rule
