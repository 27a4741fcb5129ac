"""Watching programs written for PyTorch itself: ``torch.nn`` modules, autograd and ``torch.optim``."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn.modules import loss as losses
from torch.nn.modules import module as hooks
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from lua_bridge.check.events import Detail, Recorder


class PyTorchWatch:
    """Reports what the programs of this process do with ``torch.nn`` and ``torch.optim`` to a recorder.

    Losses are seen where a module of ``torch.nn`` computes them, or else when ``backward()`` is called on them.
    """

    def __init__(self, recorder: Recorder):
        self._recorder = recorder
        self._depth = 0
        self._met: weakref.WeakSet[torch.nn.Module] = weakref.WeakSet()
        self._names: dict[int, str] = {}  # of parameters, by id
        self._paths: weakref.WeakKeyDictionary[torch.nn.Module, str] = weakref.WeakKeyDictionary()
        self._ran: list[tuple[torch.nn.Module, object]] = []  # modules without children, and their outputs
        self._gradients: dict[int, torch.Tensor] = {}  # by position in _ran: of the module's output
        self._losses: weakref.WeakSet[torch.Tensor] = weakref.WeakSet()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Within this context all modules, optimisers and ``Tensor.backward`` report what they do."""
        plain_backward = torch.Tensor.backward
        handles = [
            hooks.register_module_forward_pre_hook(self._before),
            hooks.register_module_forward_hook(self._after, always_call=True),
            register_optimizer_step_pre_hook(self._before_step),
            register_optimizer_step_post_hook(self._after_step),
        ]
        torch.Tensor.backward = self._backward(plain_backward)
        try:
            yield
        finally:
            torch.Tensor.backward = plain_backward
            for handle in handles:
                handle.remove()

    def _before(self, module: torch.nn.Module, arguments: tuple) -> None:
        if self._depth == 0:
            if isinstance(module, losses._Loss):
                self._recorder.add("target", type(module).__name__, arguments[1] if len(arguments) > 1 else None)
            else:
                self._meet(module)
                self._recorder.add("input", type(module).__name__, arguments[0] if arguments else None)
        self._depth += 1

    def _after(self, module: torch.nn.Module, arguments: tuple, output) -> None:
        self._depth -= 1
        if isinstance(module, losses._Loss):
            if self._depth == 0 and isinstance(output, torch.Tensor) and output.numel() == 1:
                self._losses.add(output)
                self._recorder.add("loss", type(module).__name__, output.item())
            return
        if next(module.children(), None) is None:
            self._keep(module, output)
        if self._depth == 0:
            self._recorder.add("output", type(module).__name__, output)

    def _keep(self, module: torch.nn.Module, output) -> None:
        position = len(self._ran)
        self._ran.append((module, output.detach() if isinstance(output, torch.Tensor) else output))
        if isinstance(output, torch.Tensor) and output.requires_grad:

            def keep_gradient(gradient):
                self._gradients[position] = gradient

            output.register_hook(keep_gradient)

    def _backward(self, plain):
        @functools.wraps(plain)
        def backward(tensor, *arguments, **named):
            if tensor not in self._losses and tensor.numel() == 1:
                self._recorder.add("loss", "", tensor.item())
            return plain(tensor, *arguments, **named)

        return backward

    def _before_step(self, optimizer: torch.optim.Optimizer, *_) -> None:
        gradients = {name: p.grad for name, p in self._of(optimizer) if p.grad is not None}
        self._recorder.add("gradients", type(optimizer).__name__, gradients)

    def _after_step(self, optimizer: torch.optim.Optimizer, *_) -> None:
        self._recorder.add("parameters", type(optimizer).__name__, dict(self._of(optimizer)))
        self._recorder.end_step()
        self._ran.clear()
        self._gradients.clear()

    def _of(self, optimizer: torch.optim.Optimizer) -> list[tuple[str, torch.Tensor]]:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        return [(self._names.get(id(p), f"parameter {n}"), p) for n, p in enumerate(parameters, 1)]

    def _meet(self, network: torch.nn.Module) -> None:
        """Report a network when it is first used, with its parameters."""
        if network in self._met:
            return
        self._met.add(network)
        self._paths.update({module: path for path, module in network.named_modules()})
        self._names |= {id(p): name for name, p in network.named_parameters()}
        self._recorder.add("network", str(network), dict(network.named_parameters()))
        self._recorder.end_part(dict(network.named_parameters()))

    def details(self) -> list[Detail]:
        """All outputs and gradients of the modules that ran in this step."""
        found = []
        for position, (module, output) in enumerate(self._ran):
            path, line = self._paths.get(module, ""), str(module)
            found.append(Detail(path, line, "output", output))
            found.append(Detail(path, line, "gradOutput", self._gradients.get(position)))
            found.append(Detail(path, line, "train", module.training))
        return found
