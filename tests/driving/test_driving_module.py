"""The driving module: what policies are told, how they are judged, and what models are asked."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from langprop.driving.box import Box, Pose
from langprop.driving.frames.frame import Answer, Frame
from langprop.driving.learning.module import DrivingModule
from langprop.driving.learning.scenes import commonest
from langprop.driving.learning.words import describe, nearby, there
from langprop.driving.observation import Observation, Signals
from langprop.errors import ModuleError
from langprop.evaluation.forward import evaluate
from langprop.executors.inline import InlineExecutor
from langprop.optim.feedback import setup_variables, update_variables
from langprop.population.policy import Policy
from langprop.population.record import Record
from langprop.prompts.prompts import Prompts
from langprop.scripts.script import Script

GOLDEN = Path(__file__).parent / "golden"

EGO = Box(Pose(100.0, 50.0, 0.0), 2.45, 1.06, 6.0, id="ego")
CAR = Box(Pose(112.0, 50.2, 0.0), 2.3, 0.9, 3.0, "vehicle", "car7", 7)
WALKER = Box(Pose(108.0, 53.0, -np.pi / 2), 0.25, 0.25, 1.5, "pedestrian", "p3", 3)


def frame(*actors, ego=EGO, signals=None, **changes):
    seen = Observation(40, 2.0, ego, (105.0, 50.5), signals or Signals(), actors, 20.0, 300.0)
    made = Frame(seen, Answer("STOP", 5.0), Answer("MOVE", 5.0), task="town/1", seed=0)
    return dataclasses.replace(made, **changes)


BEFORE = {
    "infraction": "COLLISION_PEDESTRIAN",
    "message": "ran into pedestrian 3 at 5.8 m/s.",
    "ahead": 0.75,
}


def judged(module, output, given):
    _, label = module.preprocess(given)
    module.check_output(output)
    found = module.score(output, label)
    value = getattr(found, "value", found)
    return dict(value), getattr(found, "feedback", "")


@pytest.mark.parametrize(
    ("output", "imitation"),
    [
        (("STOP", 5.0), 1.0),
        (("STOP", 14.9), 1.0),
        (("STOP", -4.9), 1.0),
        (("STOP", 15.2), 0.0),
        (("MOVE", 5.0), 0.0),
        (["STOP", 5], 1.0),
        (("STOP", np.float64(5.0)), 1.0),
    ],
)
def test_the_level_and_the_angle_must_be_the_experts(output, imitation):
    parts, feedback = judged(DrivingModule(), output, frame())
    assert parts == {"imitation": imitation, "infractions": 0.0}
    assert bool(feedback) == (imitation < 1)


def test_before_an_infraction_the_decision_must_change():
    module = DrivingModule()
    parts, feedback = judged(module, ("MOVE", 5.0), frame(**BEFORE))
    assert parts == {"imitation": 0.0, "infractions": -10.0}
    assert "led to an infraction 0.75 s later: ran into pedestrian 3 at 5.8 m/s." in feedback
    assert judged(module, ("STOP", 5.0), frame(**BEFORE))[0] == {
        "imitation": 1.0,
        "infractions": 0.0,
    }
    assert judged(module, ("SLOW", 5.0), frame(**BEFORE))[0]["infractions"] == 0.0
    assert judged(module, ("MOVE", 40.0), frame(**BEFORE))[0]["infractions"] == 0.0


def test_where_the_expert_would_have_done_the_same_nobody_is_blamed():
    alike = frame(**BEFORE, driver=Answer("STOP", 5.0))
    assert judged(DrivingModule(), ("STOP", 5.0), alike)[0]["infractions"] == 0.0
    parts, _ = judged(DrivingModule(blame="all"), ("STOP", 5.0), alike)
    assert parts == {"imitation": 1.0, "infractions": -10.0}


RED = {"infraction": "TRAFFIC_LIGHT_INFRACTION", "message": "ran a red light at 6.0 m/s"}
SIGN = {"infraction": "STOP_INFRACTION", "message": "didn't stop at a stop sign"}


@pytest.mark.parametrize(
    ("signals", "before", "blamed"),
    [
        # At 6 m/s the tail is over the line 4 m past the mark; from -0.5 m on it isn't shown.
        (Signals(red_light=8.0, light_id=0), {**RED, "ahead": 2.0}, True),
        (Signals(red_light=-0.4, light_id=0), {**RED, "ahead": 0.6}, True),
        (Signals(), {**RED, "ahead": 0.55}, False),
        (Signals(red_light=45.0, light_id=1), {**RED, "ahead": 0.55}, False),  # the next one
        (Signals(stop_sign=3.0, stop_id=0), {**RED, "ahead": 0.5}, False),
        (Signals(stop_sign=6.0, stop_id=0), {**SIGN, "ahead": 2.0}, True),
        (Signals(), {**SIGN, "ahead": 0.5}, False),
        (Signals(red_light=3.0, light_id=0), {**SIGN, "ahead": 0.5}, False),
        (Signals(), BEFORE, True),  # what others do is to be seen without lights
    ],
)
@pytest.mark.parametrize("blame", ["unlike_expert", "all"])
def test_nobody_is_blamed_for_a_line_that_is_not_shown(signals, before, blamed, blame):
    given = frame(WALKER, signals=signals, **before)
    module = DrivingModule(blame=blame)
    assert module.blames(given) is blamed
    assert judged(module, ("MOVE", 5.0), given)[0]["infractions"] == (-10.0 if blamed else 0.0)
    assert judged(module, ("STOP", 5.0), given)[0]["imitation"] == 1.0  # the label stays


def test_a_sign_counts_as_shown_where_the_policy_is_shown_it():
    signals = Signals(stop_sign=3.0, stop_id=0, stop_completed=True)
    given = frame(signals=signals, **SIGN, ahead=1.0)
    assert not DrivingModule().blames(given)
    assert DrivingModule(stop_memory=False).blames(given)


def test_an_infraction_is_told_as_a_sentence():
    given = frame(signals=Signals(red_light=3.0, light_id=0), **RED, ahead=1.0)
    _, feedback = judged(DrivingModule(), ("MOVE", 5.0), given)
    assert "ran a red light at 6.0 m/s. Decide otherwise." in feedback


def test_labels_are_explained_as_they_are_made():
    assert "MOVE if the vehicle is slower" in DrivingModule().scoring
    assert "slower" not in DrivingModule(labels="levels").scoring


def test_penalties_are_settings():
    module = DrivingModule(infraction_penalty=3.0, exception_penalty=7.0)
    assert judged(module, ("MOVE", 5.0), frame(**BEFORE))[0]["infractions"] == -3.0
    assert module.exception_score == {"imitation": -7.0, "infractions": 0.0}
    assert module.settings()["infraction_penalty"] == 3.0


@pytest.mark.parametrize(
    "bad",
    [
        {"extents": "quarter"},
        {"blame": "nobody"},
        {"labels": "guessed"},
        {"infraction_penalty": -10.0},
        {"exception_penalty": float("nan")},
        {"start": "no/such/policy.py"},
    ],
)
def test_bad_settings_are_refused(bad):
    with pytest.raises(ModuleError, match=next(iter(bad)).partition("_")[0].replace("no/", "")):
        DrivingModule(**bad)


def test_an_experts_speed_between_the_levels_is_reached_by_moving_and_braking():
    slow = frame(expert=Answer("SLOW", 0.0), expert_speed=3.0)
    fast = DrivingModule().preprocess(slow)[1]
    assert fast["speed_level"] == "SLOW"  # at 6 m/s
    ego = dataclasses.replace(EGO, speed=1.0)
    creeping = frame(ego=ego, expert=Answer("SLOW", 0.0), expert_speed=3.0)
    assert DrivingModule().preprocess(creeping)[1]["speed_level"] == "MOVE"
    assert DrivingModule(labels="levels").preprocess(creeping)[1]["speed_level"] == "SLOW"


def test_what_is_shown_is_a_setting_and_stands_in_the_stub():
    sign = Signals(stop_sign=4.0, stop_id=1, stop_completed=True)
    (full,), _ = DrivingModule().preprocess(frame(CAR, signals=sign))
    paper = DrivingModule(extents="half", stop_memory=False)
    (half,), _ = paper.preprocess(frame(CAR, signals=sign))
    assert (full["ego_length"], half["ego_length"]) == (4.9, 2.45)
    assert (full["distance_to_stop_sign"], half["distance_to_stop_sign"]) == (None, 4.0)
    assert "HALF of its length and width" in paper.stub
    assert "HALF" not in DrivingModule().stub
    assert max(map(len, paper.stub.splitlines())) <= 100


def test_the_score_is_made_of_both_objectives_or_of_imitation_alone():
    scripts = [
        Script(f"def predict_speed_and_steering(s):\n    return {answer}\n", id=name, entry_point=e)
        for e in ["predict_speed_and_steering"]
        for name, answer in [("a", "'MOVE', 5.0"), ("b", "'STOP', 5.0"), ("c", "1 / 0")]
    ]
    given = [frame(CAR, WALKER, **BEFORE), frame(CAR)]
    for module, expected in [
        (DrivingModule(), {"a": [-10.0, 0.0], "b": [1.0, 1.0], "c": [-10.0, -10.0]}),
        (DrivingModule(reinforce=False), {"a": [0.0, 0.0], "b": [1.0, 1.0], "c": [-10.0, -10.0]}),
    ]:
        with InlineExecutor() as executor:
            found = evaluate(module, scripts, given, executor)
        assert {name: [r.score for r in records] for name, records in found.items()} == expected
        assert not module.warned


def test_nonsense_is_a_bad_output_and_scores_as_an_exception():
    script = Script(
        "def predict_speed_and_steering(s):\n    return 'GO', float('nan')\n",
        id="x",
        entry_point="predict_speed_and_steering",
    )
    with InlineExecutor() as executor:
        records = evaluate(DrivingModule(), [script], [frame()], executor)["x"]
    assert (records[0].status, records[0].score) == ("bad_output", -10.0)


def test_pairs_are_taken_as_they_are():
    module = DrivingModule()
    args, label = module.preprocess(frame(CAR))
    assert module.preprocess((args, label)) == (args, label)


def test_the_situation_in_words():
    signals = Signals(red_light=12.3, light_id=0, light_state="red", stop_sign=30.0)
    text = describe(frame(CAR, WALKER, signals=signals).observation)
    assert text == (
        "It drives at 6.0 m/s; the target is 6° to the right.\n"
        "A light that isn't green is 12.3 m ahead.\n"
        "A stop sign is 30.0 m ahead.\n"
        "Vehicle 7: 7.3 m ahead of the front, in its way; moves at 3.0 m/s the same way.\n"
        "Pedestrian 3: 5.5 m ahead of the front, 1.7 m to the right of its way; walks towards it at"
        " 1.5 m/s: in the way in 1.1 s."
    )
    assert describe(frame().observation).endswith(
        "Nobody is within 30 m ahead in its way or close beside it."
    )


CODE = """\
def predict_speed_and_steering(scene_info):
    return "MOVE", 0.0
"""


def asked(template, variables, name):
    text = "\n".join(f"{message.role}:\n{message.content}\n" for message in template(variables))
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("REGOLD"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    return text


def records(module, given, outputs):
    found = []
    for number, (each, output) in enumerate(zip(given, outputs, strict=True)):
        args, label = module.preprocess(each)
        score = module.score(output, label)
        parts = getattr(score, "value", score)
        found.append(
            Record(
                number,
                "ok",
                sum(parts.values()),
                args,
                {},
                output,
                label,
                feedback=getattr(score, "feedback", ""),
                scores=parts,
                weights=module.weights,
            )
        )
    return found


def test_what_a_model_is_asked_for_a_better_policy():
    module = DrivingModule()
    parent = Policy(Script(CODE, module.entry_point))
    given = [frame(CAR, WALKER, **BEFORE), frame(CAR), frame(expert=Answer("MOVE", 5.0))]
    parent.tell(records(module, given, [("MOVE", 0.0)] * 3))
    variables = update_variables(module, parent, np.random.default_rng(0))
    text = asked(module.prompts.render_update, variables, "update")
    for words in ("y points SOUTH", "6 m/s", "0.1 m/s", "ran into pedestrian 3", "in 1.1 s"):
        assert words in text


def test_what_a_model_is_asked_for_a_first_policy():
    module = DrivingModule()
    args, label = module.preprocess(frame(CAR, WALKER))
    module.example = Record(0, "ok", 0.0, args, {}, label=label)
    text = asked(module.prompts.render_setup, setup_variables(module), "setup")
    assert "The expert's decision: STOP, 5.0°." in text


def test_an_exception_and_a_label_of_ones_own_are_told():
    module = DrivingModule()
    parent = Policy(Script(CODE, module.entry_point))
    args, _ = module.preprocess(frame())
    parent.tell(
        [Record(0, "exception", -10.0, args, label="STOP", exception="KeyError: 'ego'", scores={})]
    )
    variables = update_variables(module, parent, np.random.default_rng(0))
    text = module.prompts.render_update(variables)[1].content
    assert "KeyError: 'ego'" in text
    assert "The policy failed (exception)." in text


def test_templates_of_ones_own_replace_ours():
    own = Prompts(update="Mend {{ function_name }}.")
    assert DrivingModule(prompts=own).prompts is own


def test_the_table_of_answers():
    module = DrivingModule()
    given = [frame(**BEFORE), frame(), frame(expert=Answer("MOVE", 5.0))]
    text = module.remarks(records(module, given, [("MOVE", 5.0), ("STOP", 40.0), ("MOVE", 5.0)]))
    assert text == (
        "Answers by what the expert would have said:\n"
        "  expert MOVE (1): MOVE 1, SLOW 0, STOP 0\n"
        "  expert STOP (2): MOVE 1, SLOW 0, STOP 1\n"
        "What was there, on the 1 with another level than the expert's, the most frequent first:\n"
        "  MOVE for STOP, driving (1): nothing 1\n"
        "Angles off by more than 10°: 1 of 3.\n"
        "Frames shortly before an infraction: 1; on 1 of them it still decides as the driver who "
        "caused it."
    )
    assert module.remarks([]) == ""


def test_a_table_of_those_who_are_near():
    assert nearby(frame(CAR, WALKER).observation) == (
        "                 ahead   right   speed  heading  length   width\n"
        "pedestrian 3       8.0     3.0     1.5      -90     0.5     0.5\n"
        "vehicle 7         12.0     0.2     3.0        0     4.6     1.8"
    )
    far = dataclasses.replace(CAR, pose=Pose(121.0, 50.0, 0.0))
    assert nearby(frame(far).observation) == ""
    assert len(nearby(frame(*[CAR] * 50).observation).splitlines()) == 11


@pytest.mark.parametrize(
    ("actors", "ego", "signals", "expected"),
    [
        ((), EGO, None, ["nothing"]),
        ((), dataclasses.replace(EGO, speed=0.05), None, ["nothing", "standing"]),
        ((), EGO, Signals(red_light=11.9, stop_sign=11.9), ["light", "stop sign"]),
        ((), EGO, Signals(red_light=12.1, stop_sign=3.0, stop_completed=True), ["nothing"]),
        ((CAR,), EGO, None, ["vehicle in the way"]),
        ((WALKER,), EGO, None, ["pedestrian in the way"]),  # it walks there
        ((dataclasses.replace(WALKER, speed=0.0),), EGO, None, ["pedestrian near"]),
        ((dataclasses.replace(CAR, pose=Pose(112.0, 53.0, 0.0)),), EGO, None, ["vehicle beside"]),
        ((dataclasses.replace(CAR, pose=Pose(90.0, 50.0, 0.0)),), EGO, None, ["nothing"]),
    ],
)
def test_what_is_to_be_reckoned_with(actors, ego, signals, expected):
    found = there(frame(*actors, ego=ego, signals=signals).observation)
    assert [
        kind.removesuffix(" the way") if "beside" in kind else kind for kind in found
    ] == expected


def test_the_scenes_that_are_shown_are_of_the_kinds_that_cost_most():
    module = DrivingModule()
    light = Signals(red_light=1.0, light_id=0, light_state="red")
    right, behind, at_light = frame(WALKER), frame(CAR), frame(signals=light)
    given = [right, behind, at_light, frame(CAR), frame(**BEFORE), frame(CAR, signals=light)]
    outputs = [("STOP", 5.0), *[("MOVE", 5.0)] * 5]
    found = records(module, given, outputs)
    rng = np.random.default_rng(0)
    chosen = [each.sample for each in commonest(found, rng, 4)]
    assert chosen[0] == 4  # the infraction costs ten
    assert {*chosen[1:]} & {1, 3}  # one of two behind a car
    assert {*chosen[1:]} & {2, 5}
    assert len(chosen) == 3  # there are no more kinds
    assert [each.sample for each in commonest(found, rng, 1)] == [4]
    assert [each.sample for each in commonest(found[:1], rng)] == [0]  # all are right
    assert commonest([], rng) == []
    failed = dataclasses.replace(found[0], status="exception", exception="IndexError: 3", score=-9)
    own = dataclasses.replace(found[1], label="STOP")  # of one's own
    assert {each.sample for each in commonest([failed, own, found[0]], rng)} == {0, 1}


def test_wrong_answers_are_split_by_what_was_there():
    module = DrivingModule()
    light = Signals(red_light=1.0, light_id=0, light_state="red")
    stands = dataclasses.replace(EGO, speed=0.0)
    given = [
        frame(CAR, signals=light),
        frame(ego=stands, signals=light),
        frame(CAR, WALKER),  # right
        frame(CAR),
    ]
    outputs = [("MOVE", 5.0), ("MOVE", 5.0), ("STOP", 5.0), ("MOVE", 5.0)]
    text = module.remarks(records(module, given, outputs))
    assert (
        "What was there, on the 3 with another level than the expert's, the most frequent first:\n"
        "  MOVE for STOP, driving (2): light 1, vehicle in the way 2\n"
        "  MOVE for STOP, standing (1): light 1\n"
    ) in text
    # A label of one's own says nothing of it.
    own = [
        dataclasses.replace(each, label={"speed_level": "STOP", "turn_angle": 0.0})
        for each in records(module, given, outputs)
    ]
    assert "What was there" not in module.remarks(own)
