"""DrivingModule: the policy that drives, judged by the expert and by its infractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from langprop.driving.frames.frame import MAX_ANGLE, Frame, same, turned
from langprop.driving.learning.answers import answers
from langprop.driving.learning.stub import ENTRY_POINT, driving_stub
from langprop.driving.learning.words import describe, nearby, there
from langprop.errors import ModuleError, ScriptError
from langprop.modules.module import Module
from langprop.modules.score import Score, Scored
from langprop.scripts.parsing import find_function

if TYPE_CHECKING:
    from langprop.driving.row import Extents
    from langprop.population.record import Record
    from langprop.prompts.prompts import Prompts

PROMPTS = Path(__file__).parent / "prompts"

Blame = Literal["unlike_expert", "all"]
Labels = Literal["reachable", "levels"]

_FASTEST, _SLACK = 10.0, 5.0  # m/s, m: a line that is passed by then isn't farther away


class DrivingModule(Module):
    """The policy that drives: `predict_speed_and_steering(scene_info)`.

    A sample is a `Frame`; its scene is what the policy gets. The score has two objectives:

    - *imitation*: 1 if the speed level is the expert's and the angle is within 10 degrees of the
      expert's, else 0;
    - *infractions*: of a frame that an infraction followed, -`infraction_penalty` if the policy
      decides as the driver did then, that is if it does *not* change what led there; 0 otherwise,
      and for all other frames.

    A call that fails scores -`exception_penalty`.

    Args:
        extents: Sizes in scenes: "full" lengths and widths, or "half" of them as in the paper's
            code.
        stop_memory: Whether a stop sign is gone from the scene once the vehicle has stopped for it.
            In the paper's code it stays.
        reinforce: Whether infractions count; if not, they are shown and weigh nothing.
        infraction_penalty: What a decision costs that led to an infraction.
        exception_penalty: What a call costs that fails.
        blame: Frames before an infraction that count: "unlike_expert" for those on which the driver
            decided otherwise than the expert would have; "all" for those, too, on which the expert
            would have done the same. There nothing better is known, and a policy that avoids what
            everybody did then learns to creep. Neither counts those before a light or a sign was
            passed whose scene doesn't show it any more: no policy could decide by it.
        labels: What counts as the expert's level. The expert has a speed of its own where it says
            SLOW, but for a policy SLOW is the brake: "reachable" asks for MOVE where the policy is
            slower than the expert would be and for SLOW where it is faster, which leads to the
            expert's speed; "levels" takes the expert's word, as the paper's code does, which leads
            to a creep.
        start: File with the policy that training starts from; by default it starts from nothing.
        seeds: Sources of the first scripts, beside that one.
        prompts: What a model is asked; None for the templates of driving.

    Raises:
        ModuleError: The file can't be read or holds no such function; or a setting is out of range.

    Source: Ishida et al. 2024, section 4: the penalties are -10 each.
    """

    weights: Mapping[str, float]

    def __init__(
        self,
        *,
        extents: Extents = "full",
        stop_memory: bool = True,
        reinforce: bool = True,
        infraction_penalty: float = 10.0,
        exception_penalty: float = 10.0,
        blame: Blame = "unlike_expert",
        labels: Labels = "reachable",
        start: str | Path | None = None,
        seeds: Sequence[str] = (),
        prompts: Prompts | None = None,
    ) -> None:
        if extents not in ("full", "half"):
            raise ModuleError(f'extents must be "full" or "half", but got {extents!r}.')
        if blame not in ("unlike_expert", "all"):
            raise ModuleError(f'blame must be "unlike_expert" or "all", but got {blame!r}.')
        if labels not in ("reachable", "levels"):
            raise ModuleError(f'labels must be "reachable" or "levels", but got {labels!r}.')
        for name, value in (
            ("infraction_penalty", infraction_penalty),
            ("exception_penalty", exception_penalty),
        ):
            if not 0 <= value < float("inf"):
                raise ModuleError(f"{name} must be 0 or more, and is subtracted; got {value!r}.")
        self.extents, self.stop_memory = extents, stop_memory
        self.reinforce, self.blame, self.labels = reinforce, blame, labels
        self.infraction_penalty = float(infraction_penalty)
        self.exception_penalty = float(exception_penalty)
        self.entry_point = ENTRY_POINT
        self.stub = driving_stub(extents, stop_memory=stop_memory)
        self.seeds = [*([] if start is None else [_read(Path(start))]), *seeds]
        self.weights = {"imitation": 1.0, "infractions": 1.0 if reinforce else 0.0}
        self.exception_score = {"imitation": -self.exception_penalty, "infractions": 0.0}
        if prompts is None:
            from langprop.prompts.prompts import Prompts as Templates

            prompts = Templates.load(PROMPTS)
        self.prompts = prompts
        super().__init__()

    def settings(self) -> dict[str, Any]:
        """What the policies see and are judged by, as plain data for the run's folder."""
        return {
            "extents": self.extents,
            "stop_memory": self.stop_memory,
            "reinforce": self.reinforce,
            "infraction_penalty": self.infraction_penalty,
            "exception_penalty": self.exception_penalty,
            "blame": self.blame,
            "labels": self.labels,
        }

    def preprocess(self, sample: Any) -> tuple[Any, ...]:
        """A frame becomes its scene; what the expert would have done becomes the label.

        `(args, label)` is taken as it is, with a label as it is made here.
        """
        if not isinstance(sample, Frame):
            return super().preprocess(sample)
        from langprop.driving.scene import scene

        seen = scene(sample.observation, extents=self.extents, stop_memory=self.stop_memory)
        return (seen,), self.label(sample)

    def label(self, frame: Frame) -> dict[str, Any]:
        """What is known of a frame.

        Returns:
            `speed_level` and `turn_angle` of the expert; `situation` in words; `nearby`, a table of
            those who are near; `there`, kinds of what is to be reckoned with; and where the frame
            counts as one before an infraction, `infraction` in words, `seconds_ahead` and the
            driver's decision (`driver`), which led there.
        """
        wanted = frame.wanted if self.labels == "reachable" else frame.expert
        known: dict[str, Any] = {
            "speed_level": wanted.level,
            "turn_angle": wanted.angle,
            "situation": describe(frame.observation),
            "nearby": nearby(frame.observation),
            "there": there(frame.observation, stop_memory=self.stop_memory),
        }
        if self.blames(frame):
            known["infraction"] = frame.message or frame.infraction
            known["seconds_ahead"] = round(frame.ahead, 3)
            known["driver"] = list(frame.driver)
        return known

    def blames(self, frame: Frame) -> bool:
        """Whether a frame counts as one before an infraction.

        Its label stays the expert's in any case: one frame in some hundred, which weighs as others.
        """
        if not frame.infraction or (self.blame != "all" and frame.agrees):
            return False
        return self._shows(frame)

    def _shows(self, frame: Frame) -> bool:
        """Whether the policy can see the line that was passed, if it was one.

        A line isn't shown any more 0.5 m behind its mark, some metres before the tail is over it.
        The next one may be in view by then: it is too far away to have been passed.
        """
        signals = frame.observation.signals
        if frame.infraction == "TRAFFIC_LIGHT_INFRACTION":
            away = signals.red_light
        elif frame.infraction == "STOP_INFRACTION":
            done = self.stop_memory and signals.stop_completed
            away = None if done else signals.stop_sign
        else:
            return True
        return away is not None and away <= _SLACK + _FASTEST * frame.ahead

    def check_output(self, output: Any) -> None:
        """Refuse what isn't a speed level and an angle."""
        from langprop.driving.scene import check_output

        check_output(output)

    def score(self, output: Any, label: Any) -> Scored:
        """Each frame is judged by itself.

        imitation: 1 if the speed level is the expert's and the angle is within 10 degrees of the
        expert's, else 0. infractions: less than 0 if this is a frame shortly before an infraction
        and the decision is still the one that led to it; else 0. A call that fails scores worst.
        """
        level, angle = output[0], float(output[1])
        expert, wanted = label["speed_level"], label["turn_angle"]
        driver = label.get("driver")
        repeats = driver is not None and same((level, angle), driver)
        right = level == expert and turned(angle, wanted) <= MAX_ANGLE
        if right and not repeats:
            return {"imitation": 1.0, "infractions": 0.0}
        said = []
        if level != expert:
            said.append(f"It answered {level}, where the expert would have said {expert}.")
        if turned(angle, wanted) > MAX_ANGLE:
            said.append(
                f"Its angle is {angle:.1f}°, that of the expert {wanted:.1f}° (positive to the "
                f"right); up to {MAX_ANGLE:g}° of difference are right."
            )
        if repeats:
            said.append(
                "This is the decision that led to an infraction "
                f"{label['seconds_ahead']:.2g} s later: {_sentence(label['infraction'])} Decide "
                "otherwise."
            )
        parts = {
            "imitation": float(right),
            "infractions": -self.infraction_penalty if repeats else 0.0,
        }
        return Score(parts, " ".join(said))

    @property
    def scoring(self) -> str:
        """How answers are judged, in words."""
        text = (
            "Each answer is compared with that of an expert driver, who sees more: not every "
            "answer of the expert's can be told from the scene. imitation: "
            "1 if the speed level is the expert's and the angle is within 10 degrees of the "
            "expert's, else 0."
        )
        if self.labels == "reachable":
            text += (
                " The expert has speeds between the levels, too. Where it wants such a speed, the "
                "level that leads there counts as its own: MOVE if the vehicle is slower than that "
                "now, SLOW if it is faster."
            )
        if self.reinforce:
            text += (
                f" infractions: {-self.infraction_penalty:g} if the scene is one shortly before an "
                "infraction (a collision, a red light or a stop sign passed, the lane left) and "
                "the answer is still the decision that led to it, else 0."
            )
        return text + (
            f" An exception, a time-out or a wrong type scores {-self.exception_penalty:g}. In the "
            "end the policy drives by itself, and is judged by how much of its routes it completes "
            "without infractions: never to leave the start is as bad as a crash."
        )

    def remarks(self, records: Sequence[Record]) -> str:
        """Which levels it answered where the expert said which, what was there, and the angles."""
        return answers(records)


def _sentence(text: str) -> str:
    text = text.rstrip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _read(path: Path) -> str:
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ModuleError(f"the policy {path} to start from can't be read: {why}.") from error
    try:
        find_function(source, ENTRY_POINT)
    except ScriptError as error:
        raise ModuleError(f"the policy {path} to start from can't be used: {error}") from error
    return source
