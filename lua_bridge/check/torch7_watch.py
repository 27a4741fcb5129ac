"""Watching programs written against Torch7's API, in Lua or in Python: their networks, criterions and optimisers."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from lua_bridge.check.events import Detail, Recorder
from torch7py import Table, nn, optim
from torch7py.nn._tree import named_modules
from torch7py.nn.module import both
from torch7py.tensor.handle import unwrap

OPTIMISERS = (
    *("sgd", "adam", "adamax", "adagrad", "adadelta", "rmsprop", "rprop", "asgd", "nag", "cg", "lbfgs"),
    *("FistaLS", "cmaes", "de"),
)


def title(module) -> str:
    """A module's line in a printed network."""
    return module.__tostring__().split("\n")[0].removesuffix(" {")


def named_parameters(network: nn.Module) -> list[tuple[str, torch.Tensor]]:
    """The parameters in the order of ``parameters()``, each with the path of its module and its field's name."""
    owners = {}
    for path, module in named_modules(network):
        for field, value in module.__dict__.items():
            if isinstance(value, torch.Tensor):
                owners.setdefault(id(value), f"{path}.{field}" if path else field)
    parameters = map(unwrap, both(network.parameters())[0] or ())
    return [(owners.get(id(p), f"parameter {n}"), p) for n, p in enumerate(parameters, 1)]


class Torch7Watch:
    """Reports what the programs of this process do with ``nn`` and ``optim`` to a recorder."""

    def __init__(self, recorder: Recorder):
        self._recorder = recorder
        self._depth = 0
        self._met: weakref.WeakValueDictionary[int, nn.Module] = weakref.WeakValueDictionary()
        self._parameters: dict[int, tuple[str, torch.Tensor]] = {}  # by address, of all networks
        self._layouts: dict[tuple[int, int], list[tuple[str, int, torch.Size]]] = {}
        self._networks: dict[int, nn.Module] = {}  # what ran in this step
        self._criterions: dict[int, nn.Criterion] = {}
        self._unfinished: nn.Module | None = None  # ran backward, and no step has followed

    @contextmanager
    def installed(self, python_optim: bool) -> Iterator[None]:
        """Within this context the classes of ``nn`` (and the functions of ``optim``) report what they do."""
        patches = [
            (nn.Module, "forward", self._forward),
            (nn.Module, "backward", self._backward),
            (nn.Module, "updateParameters", self._update),
            (nn.Container, "updateParameters", self._update),
            (nn.Criterion, "forward", self._criterion),
        ]
        if python_optim:
            patches += [(optim, name, self._optimiser) for name in OPTIMISERS]
        before = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
        for owner, name, change in patches:
            setattr(owner, name, change(getattr(owner, name)))
        try:
            yield
        finally:
            for owner, name, value in before:
                setattr(owner, name, value)

    # --- the changed functions

    def _outermost(self, function: Callable, before: Callable, after: Callable) -> Callable:
        """``function`` with something done before and after it, unless it is called within another such."""

        @functools.wraps(function)
        def watched(*arguments, **named):
            if self._depth:
                return function(*arguments, **named)
            before(*arguments)
            self._depth += 1
            try:
                result = function(*arguments, **named)
            finally:
                self._depth -= 1
            after(result, *arguments)
            return result

        return watched

    def _forward(self, function: Callable) -> Callable:
        def before(module, input=None, *_):
            self.close_step()
            self._meet(module)
            self._recorder.add("input", title(module), input)

        def after(output, module, *_):
            self._networks[id(module)] = module
            self._recorder.add("output", title(module), output)

        return self._outermost(function, before, after)

    def _backward(self, function: Callable) -> Callable:
        def after(_, module, *__):
            self._unfinished = module

        return self._outermost(function, lambda *_: None, after)

    def _criterion(self, function: Callable) -> Callable:
        def before(criterion, input=None, target=None, *_):
            self._recorder.add("target", title(criterion), target)

        def after(loss, criterion, *_):
            self._criterions[id(criterion)] = criterion
            self._recorder.add("loss", title(criterion), loss[0] if isinstance(loss, tuple) else loss)

        return self._outermost(function, before, after)

    def _update(self, function: Callable) -> Callable:
        def before(module, *_):
            self._recorder.add("gradients", "updateParameters", both(module.parameters())[1])

        def after(_, module, *__):
            self._step("updateParameters", dict(named_parameters(module)))

        return self._outermost(function, before, after)

    def _optimiser(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def watched(opfunc, x, *rest):
            def evaluate(*arguments):
                result = opfunc(*arguments)
                if isinstance(result, tuple) and len(result) > 1:
                    self.evaluated(function.__name__, result[1], x)
                return result

            result = function(evaluate, x, *rest)
            self.stepped(function.__name__, x)
            return result

        return watched

    # --- optimisers, those of Lua too

    def evaluated(self, name: str, gradients, x) -> None:
        """The function that is minimised has returned its gradients at ``x``."""
        if gradients is not None:
            self._recorder.add("gradients", name, self._split(gradients, self._layout(x)))

    def stepped(self, name: str, x) -> None:
        """An optimiser has changed ``x``."""
        self._step(name, self._split(x, self._layout(x)))

    def close_step(self) -> None:
        """A program without an optimiser has stepped by itself, if it goes on after ``backward``."""
        if self._unfinished is not None:
            self._step("", dict(named_parameters(self._unfinished)))

    def _step(self, name: str, parameters) -> None:
        self._unfinished = None
        self._recorder.add("parameters", name, parameters)
        self._recorder.end_step()
        self._networks.clear()
        self._criterions.clear()

    def _layout(self, x) -> list[tuple[str, int, torch.Size]]:
        """Which parameters lie where in ``x``: names, positions from 0 and shapes, in order."""
        x = unwrap(x)
        start, size = x.data_ptr(), x.element_size()
        layout = self._layouts.get((start, x.numel()))
        if layout is None:
            end = start + x.numel() * size
            inside = sorted((a, name, p) for a, (name, p) in self._parameters.items() if start <= p.data_ptr() < end)
            layout = [(name, (p.data_ptr() - start) // size, p.shape) for _, name, p in inside]
            self._layouts[start, x.numel()] = layout
        return layout

    @staticmethod
    def _split(flat, layout: list) -> dict[str, torch.Tensor]:
        """A vector of all parameters (or gradients) as one tensor for each."""
        flat = unwrap(flat)
        if not layout or not flat.is_contiguous():
            return {"": flat}
        flat = flat.view(-1)
        return {name: flat[at : at + shape.numel()].view(shape) for name, at, shape in layout}

    # --- networks

    def _meet(self, network: nn.Module) -> None:
        """Report a network when it is first used, with its parameters; not one that shares those of another."""
        if id(network) in self._met:
            return
        self._met[id(network)] = network
        named = named_parameters(network)
        if named and all(p.data_ptr() in self._parameters for _, p in named):
            return
        prefix = f"network {len(self._met)}, " if self._parameters else ""
        self._parameters |= {p.data_ptr(): (prefix + name, p) for name, p in named}
        self._recorder.add("network", network.__tostring__(), dict(named))
        self._recorder.end_part()

    def parameter(self, name: str) -> torch.Tensor:
        """The parameter of that name."""
        return next(parameter for known, parameter in self._parameters.values() if known == name)

    def details(self) -> list[Detail]:
        """All outputs and gradients of the networks that ran in this step."""
        found = []
        for network in self._networks.values():
            for path, module in named_modules(network):
                found.append(Detail(path, title(module), "output", unwrap(module.output)))
                found.append(Detail(path, title(module), "gradInput", unwrap(module.gradInput)))
                found.append(Detail(path, title(module), "train", module.train))
        for criterion in self._criterions.values():
            found.append(Detail("criterion", title(criterion), "gradInput", unwrap(criterion.gradInput)))
        return found


def watch_lua_optim(lua, watch: Torch7Watch) -> None:
    """Let the functions of a Lua runtime's ``optim`` report as Python's do."""
    lua.execute(
        """
        local names, evaluated, stepped = ...
        local optim = require 'optim'
        for _, name in ipairs(names) do
           local optimiser = optim[name]
           optim[name] = function(opfunc, x, ...)
              local function returned(f, gradients, ...)
                 evaluated(name, gradients, x)
                 return f, gradients, ...
              end
              local function done(...)
                 stepped(name, x)
                 return ...
              end
              return done(optimiser(function(...) return returned(opfunc(...)) end, x, ...))
           end
        end
        """,
        Table(list(OPTIMISERS)),
        watch.evaluated,
        watch.stepped,
        name="=[torch7py/check]",
    )
