"""Two runs side by side: each step of the port is held against the original's."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest

import torch

from lua_bridge.check import causes, locate, matching
from lua_bridge.check.arena import Arena
from lua_bridge.check.compare import RELATIVE, Difference, Tolerance, difference
from lua_bridge.check.events import KINDS, Event, Step
from lua_bridge.check.original import LuaRun, opened


class PortStopped(BaseException):
    """Ends a port whose original has ended. Not an Exception, so that a port's own handlers leave it alone."""


@dataclass
class Finding:
    """A difference, and all that is known of it."""

    step: int
    kind: str
    name: str  # what the user named, or the class at work
    path: str  # inside of the value
    difference: Difference
    where: tuple[str, str]  # lines of the original and of the port
    place: locate.Place | None = None
    causes: list[str] = field(default_factory=list)


@dataclass
class Result:
    """What a check found."""

    steps: int = 0
    compared: Counter = field(default_factory=Counter)  # pairs of values, by kind
    differing: Counter = field(default_factory=Counter)
    largest: dict[str, float] = field(default_factory=dict)  # relative differences, by kind
    findings: list[Finding] = field(default_factory=list)  # the first of each kind
    losses: tuple[list, list] = field(default_factory=lambda: ([], []))  # (step, loss) of both
    notes: list[str] = field(default_factory=list)
    networks: list[tuple[str, str]] = field(default_factory=list)  # as printed
    endings: list[str] = field(default_factory=lambda: ["", ""])  # why each ended before its time
    tails: list[str] = field(default_factory=lambda: ["", ""])  # the last that a program which failed has printed

    @property
    def first(self) -> Finding | None:
        return min(self.findings, key=lambda finding: finding.step) if self.findings else None

    @property
    def agrees(self) -> bool:
        return not self.findings and not any(self.endings)


class Comparison:
    """Takes the port's steps and compares them with the original's.

    Arguments:
        original: the other run.
        arena: where the port's values are kept.
        tolerance: how far values may be apart.
        watch: kinds of events to compare.
        names: parameters of the original -> parameters of a PyTorch port, where order and shape do not tell.
        same_start: let a PyTorch port begin with the original's parameters.
        steps: how many steps to compare.
        details: gives the port's outputs and gradients of the step, when asked for.
    """

    def __init__(self, original: LuaRun, arena: Arena, tolerance: Tolerance, details, **options):
        self.result = Result()
        self._original = original
        self._arena = arena
        self._tolerance = tolerance
        self._details = details
        self._watch = frozenset(options.get("watch") or KINDS)
        self._names = options.get("names") or {}
        self._same_start = options.get("same_start", False)
        self._steps = options.get("steps")
        self._matched: dict[str, str] = {}  # parameters of a PyTorch port
        self._pytorch = False
        self._alone: dict[str, Finding] = {}  # events that only one side had, by kind
        self._seen: tuple[Counter, Counter] = (Counter(), Counter())
        self._before: dict[str, tuple] = {}  # gradients and parameters of the last step, of both
        self._batch: int | None = None

    def deliver(self, step: Step, live: dict[str, torch.Tensor] | None = None) -> None:
        """Compare a part of the port's run; ``live`` are the parameters of a PyTorch network that was just met.

        Parts need not be cut alike; only the ends of steps must meet.
        """
        mine = step.events
        while True:
            theirs = self._original.peek()
            if live is not None and theirs.events and theirs.events[-1].kind == "network":
                self._begin_pytorch(theirs.events[-1], live)
                live = None
            left, mine = self._pair(step.number, theirs.events, mine)
            if _done(theirs) or not (mine or _done(step)):
                break
            if not step.failure:
                self._unpaired(left, [], step.number)
            self._original.release()
        if not _done(step):
            self._unpaired([], mine, step.number)
            if left or _done(theirs):
                self._original.put_back(theirs._replace(events=left))
            else:
                self._original.release()
            return
        if step.ended == theirs.ended and not (step.failure or theirs.failure):
            self._unpaired(left, mine, step.number)
        if not (step.ended or theirs.ended):
            self.result.steps = step.number
            if step.number == self._steps:
                raise PortStopped
        if step.ended or theirs.ended:
            self._end(step, theirs)
        self._original.release()

    def _end(self, step: Step, theirs: Step) -> None:
        """One of the programs is through: so should be the other."""
        self.result.endings = [theirs.failure, step.failure]
        if not step.ended:
            after = f"it was done after {step.number - 1} steps; the port goes on"
            self.result.endings[0] = theirs.failure or after
        elif not theirs.ended:
            self.result.endings[1] = step.failure or f"it was done after {step.number - 1} steps; the original goes on"
        self._conclude()
        if not step.ended:
            raise PortStopped

    def _conclude(self) -> None:
        """Tell of what only one side has: a difference, unless it never shows such things at all."""
        first = self.result.first
        for kind, finding in self._alone.items():
            if self._seen[0][kind] and self._seen[1][kind] and (first is None or finding.step < first.step):
                self.result.findings.append(finding)
        for kind in sorted(set(self._seen[0]) ^ set(self._seen[1])):
            side = "original" if self._seen[0][kind] else "port"
            self.result.notes.append(f"not compared: {kind} (only the {side} shows it)")

    # --- comparing

    def _pair(self, step: int, theirs: list[Event], mine: list[Event]) -> tuple[list[Event], list[Event]]:
        """Compare the events that belong together, each with the next of its kind. Returns those left of both."""
        waiting: dict[tuple, list[Event]] = {}
        for event in mine:
            waiting.setdefault(_key(event), []).append(event)
        left = []
        for event in theirs:
            others = waiting.get(_key(event))
            if not others:
                left.append(event)
                continue
            other = others.pop(0)
            for side, each in enumerate((event, other)):
                self._seen[side][event.kind] += 1
                if event.kind == "loss":
                    self.result.losses[side].append((step, each.values.get("")))
            if event.kind in self._watch:
                self._compare_event(step, event, other)
        remaining = {id(event) for events in waiting.values() for event in events}
        return left, [event for event in mine if id(event) in remaining]

    def _compare_event(self, step: int, theirs: Event, mine: Event) -> None:
        if theirs.kind == "network":
            self._compare_networks(step, theirs, mine)
            if self._same_start and self._pytorch:
                return  # they are the original's by now
        values = self._paired_values(theirs, mine)
        for path, (a, stride, shape), b in values:
            if theirs.kind == "input" and isinstance(a, torch.Tensor) and a.dim() > 1:
                self._batch = a.shape[0]
            self.result.compared[theirs.kind] += 1
            found = difference(a, b, self._tolerance, stride, shape)
            if found is None or self._pytorch and _same_meaning(theirs.kind, a, b, self._tolerance):
                continue
            self.result.differing[theirs.kind] += 1
            if found.relative is not None:
                worst = self.result.largest.get(theirs.kind, 0.0)
                self.result.largest[theirs.kind] = max(worst, found.relative)
            if all(finding.kind != theirs.kind for finding in self.result.findings):
                name = theirs.name or mine.name
                finding = Finding(step, theirs.kind, name, path, found, (theirs.where, mine.where))
                if step == (self.result.first or finding).step:  # what comes later follows from it
                    self._explain(finding, a, b)
                self.result.findings.append(finding)
        if theirs.kind in ("gradients", "parameters", "network"):
            kind = "parameters" if theirs.kind == "network" else theirs.kind
            self._before[kind] = {path: (a, b) for path, (a, _, _), b in values}

    def _paired_values(self, theirs: Event, mine: Event) -> list[tuple]:
        """(path, the original's value with stride and shape, the port's value) of all parts of both."""
        paired = []
        named = self._pytorch and theirs.kind in ("network", "gradients", "parameters")
        for path, kept in theirs.values.items():
            a = self._original.value(kept)
            other = self._matched.get(path) if named else path
            if other not in mine.values:
                if not named:
                    paired.append((path, a, None))
                continue
            b, _, _ = opened(self._arena, mine.values[other])
            if isinstance(a[0], torch.Tensor) and isinstance(b, torch.Tensor) and named and a[0].shape != b.shape:
                if a[1] != 1:  # only a sample of it was kept, in another order
                    continue
                b = matching.in_shape(b, a[0].shape)
            paired.append((path, a, b))
        if not named:
            extra = [path for path in mine.values if path not in theirs.values]
            paired += [(path, (None, 1, None), opened(self._arena, mine.values[path])[0]) for path in extra]
        return paired

    def _compare_networks(self, step: int, theirs: Event, mine: Event) -> None:
        self.result.networks.append((theirs.name, mine.name))
        shapes = [self._original.value(kept) for kept in theirs.values.values()]
        for value, _, _ in shapes[:1]:
            self._tolerance = self._tolerance._replace(number=RELATIVE.get(value.dtype, RELATIVE[torch.float64]))
        if not self._pytorch and theirs.name != mine.name:
            lines = zip_longest(_layers(theirs.name), _layers(mine.name), fillvalue="nothing")
            line = next((pair for pair in lines if pair[0] != pair[1]), None)
            text = f"other layers: '{line[0].strip()}' in the original, '{line[1].strip()}' in the port"
            self.result.findings.append(
                Finding(step, "network", "", "", Difference(text), (theirs.where, mine.where), None, [])
            )

    def _explain(self, finding: Finding, a, b) -> None:
        """Find the place in the network, and what the difference looks like."""
        original, port = self._original.details(), self._details()
        if finding.kind in ("output", "loss", "gradients"):
            finding.place = locate.first(original, port, self._tolerance)
        finding.causes = causes.guess(
            causes.Clues(
                finding.kind,
                finding.step,
                finding.path,
                a,
                b,
                place=finding.place,
                before=self._before,
                batch=self._batch,
                modes=locate.other_modes(original, port),
                layers=locate.other_layers(original, port),
                earlier=[other.kind for other in self.result.findings],
                pytorch=self._pytorch,
                same_start=self._same_start,
            )
        )

    def _unpaired(self, theirs: list[Event], mine: list[Event], step: int) -> None:
        """Note what only one side has; the first of each kind may be a difference."""
        for side, events in enumerate((theirs, mine)):
            for event in events:
                self._seen[side][event.kind] += 1
                if event.kind == "network" or event.kind not in self._watch or event.kind in self._alone:
                    continue  # a port may well go on with a network where the original loads its copy
                here = sum(_key(other) == _key(event) for other in events)
                times = "once" if here == 1 else f"{here} times"
                text = f"{times} more in the {('original', 'port')[side]}"
                where = (event.where, "") if side == 0 else ("", event.where)
                self._alone[event.kind] = Finding(step, event.kind, event.name, "", Difference(text), where)

    # --- ports to PyTorch itself

    def _begin_pytorch(self, theirs: Event, live: dict[str, torch.Tensor]) -> None:
        """Find out which parameters belong together; let the port start with the original's, if that is asked for."""
        self._pytorch = True
        opened_values = {name: self._original.value(value) for name, value in theirs.values.items()}
        shapes = {name: shape for name, (_, _, shape) in opened_values.items() if shape is not None}
        port = {name: tuple(parameter.shape) for name, parameter in live.items()}
        self._matched |= matching.match(shapes, port, self._names)
        missing = [name for name in shapes if name not in self._matched]
        extra = [name for name in port if name not in self._matched.values()]
        if missing or extra:
            listed = ", ".join(
                [f"{n} {shapes[n]} of the original" for n in missing] + [f"{n} {port[n]}" for n in extra]
            )
            self.result.notes.append(f"parameters without a counterpart: {listed}; name them with --map")
        if self._same_start:
            for name, other in self._matched.items():
                value, stride, _ = opened_values[name]
                if stride != 1:
                    value = self._original.whole(name)
                with torch.no_grad():
                    live[other].copy_(matching.in_port_shape(value, tuple(live[other].shape)))


def _layers(network: str) -> list[str]:
    """The lines of a printed network that name its modules."""
    return [line for line in network.split("\n") if not line.strip().startswith("[input")]


def _done(step: Step) -> bool:
    """Whether it is the end of a step, or of the run."""
    return step.ended or bool(step.events) and step.events[-1].kind == "parameters"


def _key(event: Event) -> tuple[str, str]:
    return event.kind, event.name if event.kind == "probe" else ""


def _same_meaning(kind: str, a, b, tolerance: Tolerance) -> bool:
    """Whether a PyTorch port means the same by another value: classes from 0, or scores before the LogSoftMax."""
    if not isinstance(a, torch.Tensor):
        a = torch.as_tensor(a) if isinstance(a, (int, float)) else None
    if a is None or not isinstance(b, torch.Tensor):
        return False
    if kind in ("input", "target"):
        counted = not b.dtype.is_floating_point and b.dtype is not torch.bool
        return counted and a.numel() == b.numel() and torch.equal(a.double().view(-1), b.double().view(-1) + 1)
    if kind == "output" and a.shape == b.shape and b.dim() in (1, 2):
        return difference(a, b.log_softmax(-1), tolerance) is None
    return False
