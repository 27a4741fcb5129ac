"""Gradient descent: sgd, nag (Nesterov's accelerated gradient), asgd (averaged)."""

from __future__ import annotations

import torch

from torch7py.errors import TorchError
from torch7py.optim.common import evaluate, match, plain, scalar, settings, tables, wrapper
from torch7py.optim.steps import sgd_step
from torch7py.table import Table


def sgd(opfunc, x, config=None, state=None) -> tuple:
    """One step of stochastic gradient descent, in place.

    opfunc: function of ``x`` that returns f(x) and df/dx; weight decay changes the gradient it returned.
    x: the parameters, a tensor of any shape.
    config: Table or dict of
        learningRate (0.001), learningRateDecay (0: the rate is divided by 1 + steps * decay),
        weightDecay (0), momentum (0), dampening (as momentum), nesterov (false),
        learningRates, weightDecays (tensors shaped like x: one of each per parameter).
    state: Table or dict that keeps ``evalCounter``, ``dfdx`` and buffers between steps; ``config`` by default.

    Returns x and {f(x) before the step}. Nesterov's form as in Sutskever et al., ICML 2013.
    """
    config, state = tables(config, state)
    given = settings(config)
    held = given if state is config else settings(state)
    decay = given.get("weightDecay", 0)
    momentum = given.get("momentum", 0)
    dampening = given.get("dampening", momentum)
    nesterov = "nesterov" in given
    steps = held.get("evalCounter", 0)
    if nesterov and (momentum <= 0 or dampening != 0):
        raise TorchError("Nesterov momentum requires a momentum and zero dampening")

    w = plain(x)
    fx, g = evaluate(opfunc, x, w)

    rate = given.get("learningRate", 1e-3) / (1 + steps * given.get("learningRateDecay", 0))
    velocity = held.get("dfdx")
    usual = not (nesterov or "weightDecays" in given or "learningRates" in given)
    if usual and (velocity is not None or momentum == 0):
        sgd_step(w, g, rate, decay, momentum, dampening, velocity)
    else:
        if decay != 0:
            g.add_(w, alpha=decay)
        elif "weightDecays" in given:
            g.add_(_buffer(state, held, "decayParameters", g, given["weightDecays"]).mul_(w))
        if momentum != 0:
            if velocity is None:
                velocity = state["dfdx"] = g.clone()
            else:
                velocity.mul_(momentum).add_(g, alpha=1 - dampening)
            g = g.add_(velocity, alpha=momentum) if nesterov else velocity
        if "learningRates" in given:
            g = _buffer(state, held, "deltaParameters", g, given["learningRates"]).mul_(g)
        w.add_(g, alpha=-rate)

    state["evalCounter"] = steps + 1
    return x, Table((fx,))


def _buffer(state, held: dict, name: str, like: torch.Tensor, values) -> torch.Tensor:
    """The state's buffer of that name, made like ``like`` on first use, filled with ``values``."""
    buffer = held.get(name)
    if buffer is None:
        buffer = state[name] = torch.empty_like(like)
    return buffer.copy_(match(plain(values), buffer))


def nag(opfunc, x, config=None, state=None) -> tuple:
    """One step of Nesterov's accelerated gradient, in place: the gradient is taken where momentum alone would lead.

    Arguments and results as for :func:`sgd`, with momentum 0.9 by default and without dampening, nesterov and
    weightDecays. After Sutskever et al., ICML 2013.
    """
    config, state = tables(config, state)
    given = settings(config)
    held = given if state is config else settings(state)
    decay = given.get("weightDecay", 0)
    momentum = given.get("momentum", 0.9)
    steps = held.get("evalCounter", 0)
    if momentum <= 0:
        raise TorchError("Momentum must be positive for Nesterov Accelerated Gradient")

    w = plain(x)
    velocity = held.get("dfdx")
    if velocity is not None:
        w.add_(velocity, alpha=momentum)
    fx, g = evaluate(opfunc, x, w)
    if decay != 0:
        g.add_(w, alpha=decay)

    if velocity is None:
        velocity = state["dfdx"] = torch.zeros_like(g)
    else:
        velocity.mul_(scalar(momentum, velocity.dtype))

    rate = given.get("learningRate", 1e-3) / (1 + steps * given.get("learningRateDecay", 0))
    if "learningRates" in given:
        g = _buffer(state, held, "deltaParameters", g, given["learningRates"]).mul_(g)
    w.add_(g, alpha=-rate)
    velocity.add_(g, alpha=-rate)

    state["evalCounter"] = steps + 1
    return x, Table((fx,))


def asgd(opfunc, x, config=None, state=None) -> tuple:
    """One step of averaged stochastic gradient descent, in place, as in Bottou's sgd 2.0:

        x := (1 - lambda eta_t) x - eta_t df/dx,    a := a + mu_t (x - a),
        eta_t = eta0 / (1 + lambda eta0 t) ^ alpha,  mu_t = 1 / max(1, t - t0)

    config: eta0 (1e-4), lambda (1e-4), alpha (0.75), t0 (1e6); what is missing is written into it.
    state: keeps ``t``, ``eta_t``, ``mu_t`` and the average ``ax``.

    Returns x, {f(x) before the step}, and the average.
    """
    config, state = tables(config, state)
    for name, default in (("eta0", 1e-4), ("lambda", 1e-4), ("alpha", 0.75), ("t0", 1e6)):
        if config.get(name) is None:
            config[name] = default
    given = settings(config)
    held = given if state is config else settings(state)
    shrink, eta0 = given["lambda"], given["eta0"]
    eta, mu, t = held.get("eta_t", eta0), held.get("mu_t", 1), held.get("t", 0)

    w = plain(x)
    fx, g = evaluate(opfunc, x, w)
    w.mul_(1 - shrink * eta).add_(g, alpha=-eta)

    average = held.get("ax")
    if average is None:
        average = state["ax"] = torch.zeros_like(w)
        state["tmp"] = torch.empty_like(w)
    if mu == 1:
        average.copy_(w)
    else:
        average.add_(torch.sub(w, average, out=state.get("tmp")).mul_(mu))

    t += 1
    state["t"] = t
    state["eta_t"] = eta0 / (1 + shrink * eta0 * t) ** given["alpha"]
    state["mu_t"] = 1 / max(1, t - given["t0"])
    return x, Table((fx,)), wrapper(x)(average)
