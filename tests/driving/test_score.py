"""The driving score: of a route, and of many."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langprop.driving.event import ENDS, PENALTIES, Event, EventKind
from langprop.driving.judging.score import RouteScore, Summary


def event(kind: EventKind, *, at_fault: bool = True, strict: bool = True) -> Event:
    return Event(kind, 1, 0.05, 3.0, (1.0, 2.0), at_fault=at_fault, strict=strict)


@pytest.mark.parametrize(
    ("kind", "factor"),
    [
        ("COLLISION_PEDESTRIAN", 0.5),
        ("COLLISION_VEHICLE", 0.6),
        ("COLLISION_STATIC", 0.65),
        ("TRAFFIC_LIGHT_INFRACTION", 0.7),
        ("STOP_INFRACTION", 0.8),
        ("OUTSIDE_ROUTE_LANES", 1.0),
        ("VEHICLE_BLOCKED", 1.0),
    ],
)
def test_each_infraction_has_its_factor(kind: EventKind, factor: float) -> None:
    score = RouteScore.of([event(kind), event(kind)], 80.0)
    assert score.penalty == pytest.approx(factor**2)
    assert score.driving == pytest.approx(80 * factor**2)


def test_what_is_outside_of_the_lanes_is_taken_off() -> None:
    score = RouteScore.of([event("STOP_INFRACTION")], 50.0, outside=0.25, driven=900.0)
    assert score.penalty == pytest.approx(0.8 * 0.75)
    assert RouteScore.of([], 100.0, outside=1.0).driving == 0


def test_the_rules_count_their_own() -> None:
    events = [
        event("COLLISION_VEHICLE"),
        event("COLLISION_VEHICLE", at_fault=False),
        event("COLLISION_PEDESTRIAN", strict=False),
        event("ROUTE_COMPLETION"),
    ]
    strict, fault = (RouteScore.of(events, 100.0, rule=rule) for rule in ("strict", "at_fault"))
    assert strict.counts == {"COLLISION_VEHICLE": 2}
    assert fault.counts == {"COLLISION_PEDESTRIAN": 1, "COLLISION_VEHICLE": 1}
    assert (strict.penalty, fault.penalty) == (pytest.approx(0.36), pytest.approx(0.3))


@pytest.mark.parametrize(
    ("completion", "outside", "rule"),
    [
        (101.0, 0.0, "strict"),
        (-1.0, 0.0, "strict"),
        (math.nan, 0.0, "strict"),
        (1.0, 1.1, "strict"),
        (1.0, 0.0, "lenient"),
    ],
)
def test_what_is_out_of_range_is_refused(completion: float, outside: float, rule: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        RouteScore.of([], completion, outside=outside, rule=rule)  # type: ignore[arg-type]


@given(
    st.lists(st.sampled_from([*PENALTIES, *ENDS, "OUTSIDE_ROUTE_LANES"]), max_size=30),
    st.floats(0, 100),
    st.floats(0, 1),
)
def test_scores_stay_in_range_whatever_the_order(
    kinds: list[EventKind], completion: float, outside: float
) -> None:
    score = RouteScore.of(map(event, kinds), completion, outside=outside)
    assert 0 <= score.driving <= completion
    again = RouteScore.of(map(event, reversed(kinds)), completion, outside=outside)
    assert score == again
    worse = RouteScore.of(map(event, [*kinds, "STOP_INFRACTION"]), completion, outside=outside)
    assert worse.driving <= score.driving
    assert RouteScore.from_dict(json.loads(json.dumps(score.to_dict()))) == score


def test_a_summary_has_plain_means_and_pools_kilometres() -> None:
    scores = [
        RouteScore(100.0, 1.0, driven=1_500.0),
        RouteScore(50.0, 0.5, driven=500.0, counts={"COLLISION_PEDESTRIAN": 1}),
        RouteScore(0.0, 1.0),
    ]
    summary = Summary.of(scores)
    assert summary.driving == pytest.approx((100 + 25 + 0) / 3)
    assert summary.completion == pytest.approx(50)
    assert summary.penalty == pytest.approx(2.5 / 3)
    assert summary.std["completion"] == pytest.approx(50)  # n - 1
    assert summary.kilometres == 2
    assert summary.per_kilometre() == summary.per_kilometre("COLLISION_PEDESTRIAN") == 0.5
    assert summary.per_kilometre("STOP_INFRACTION") == 0


def test_a_single_route_has_no_spread_and_none_no_summary() -> None:
    summary = Summary.of([RouteScore(100.0, 1.0)])
    assert math.isnan(summary.std["driving"])
    assert math.isnan(summary.per_kilometre())
    assert summary.to_dict()["std"]["driving"] is None
    json.dumps(summary.to_dict(), allow_nan=False)
    with pytest.raises(ValueError, match="no scores"):
        Summary.of([])
