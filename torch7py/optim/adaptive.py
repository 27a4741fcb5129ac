"""Optimisers with a step size per parameter: adam, adamax, adagrad, adadelta, rmsprop, rprop.

All take ``(opfunc, x, config, state)`` and return x and {f(x) before the step}, as :func:`~torch7py.optim.sgd` does;
``weightDecay`` (0) adds to the gradient that opfunc returned.
"""

from __future__ import annotations

import torch

from torch7py.console import current
from torch7py.optim.common import evaluate, plain, scalar, settings, tables
from torch7py.optim.steps import adam_step
from torch7py.table import Table


def _start(opfunc, x, config, state) -> tuple:
    """What each of them begins with: settings, state as read, parameters, f(x), and the gradient after weight decay."""
    given = settings(config)
    held = given if state is config else settings(state)
    w = plain(x)
    fx, g = evaluate(opfunc, x, w)
    decay = given.get("weightDecay", 0)
    if decay != 0:
        g.add_(w, alpha=decay)
    return given, held, w, fx, g


def _kept(state, held: dict, name: str, like: torch.Tensor) -> torch.Tensor:
    """The state's tensor of that name; zeros like ``like`` on first use."""
    tensor = held.get(name)
    if tensor is None:
        tensor = state[name] = torch.zeros_like(like)
    return tensor


def adam(opfunc, x, config=None, state=None) -> tuple:
    """One step of Adam (Kingma and Ba, arXiv:1412.6980).

    config: learningRate (0.001), learningRateDecay (0), beta1 (0.9), beta2 (0.999), epsilon (1e-8), weightDecay (0).
    state: keeps ``t``, ``m``, ``v`` and the buffer ``denom``.
    """
    config, state = tables(config, state)
    given = settings(config)
    held = given if state is config else settings(state)
    w = plain(x)
    fx, g = evaluate(opfunc, x, w)
    t = held.get("t", 0)
    rate = given.get("learningRate", 0.001) / (1 + t * given.get("learningRateDecay", 0))
    beta1, beta2 = given.get("beta1", 0.9), given.get("beta2", 0.999)
    epsilon, decay = given.get("epsilon", 1e-8), given.get("weightDecay", 0)
    m, v, denom = _kept(state, held, "m", g), _kept(state, held, "v", g), _kept(state, held, "denom", g)
    t = state["t"] = t + 1
    adam_step(w, g, rate, t, beta1, beta2, epsilon, decay, m, v, denom)
    return x, Table((fx,))


def adamax(opfunc, x, config=None, state=None) -> tuple:
    """One step of AdaMax (Kingma and Ba, arXiv:1412.6980).

    config: learningRate (0.002), beta1 (0.9), beta2 (0.999), epsilon (1e-38), weightDecay (0).
    state: keeps ``t``, ``m``, ``u`` (1 x size of x) and the buffer ``max`` (2 x size of x).
    """
    config, state = tables(config, state)
    given, held, w, fx, g = _start(opfunc, x, config, state)
    beta1 = given.get("beta1", 0.9)
    m = _kept(state, held, "m", g)
    u = _kept(state, held, "u", g.unsqueeze(0))
    both = held.get("max")
    if both is None:
        both = state["max"] = g.new_zeros(2, *g.shape)

    t = state["t"] = held.get("t", 0) + 1
    m.mul_(scalar(beta1, m.dtype)).add_(g, alpha=1 - beta1)
    torch.mul(u[0], given.get("beta2", 0.999), out=both[0])
    torch.abs(g, out=both[1]).add_(given.get("epsilon", 1e-38))
    torch.maximum(both[0], both[1], out=u[0])
    w.addcdiv_(m, u[0], value=-given.get("learningRate", 0.002) / (1 - beta1**t))
    return x, Table((fx,))


def adagrad(opfunc, x, config=None, state=None) -> tuple:
    """One step of AdaGrad (Duchi et al., JMLR 2011).

    config: learningRate (0.001), learningRateDecay (0), weightDecay (0).
    state: keeps ``evalCounter``, ``paramVariance`` and the buffer ``paramStd``.
    """
    if config is None and state is None:
        current.console.print("no state table, ADAGRAD initializing")
    config, state = tables(config, state)
    given, held, w, fx, g = _start(opfunc, x, config, state)
    variance, deviation = _kept(state, held, "paramVariance", g), _kept(state, held, "paramStd", g)
    steps = held.get("evalCounter", 0)

    rate = given.get("learningRate", 1e-3) / (1 + steps * given.get("learningRateDecay", 0))
    variance.addcmul_(g, g)
    torch.sqrt(variance, out=deviation).add_(1e-10)
    w.addcdiv_(g, deviation, value=-rate)
    state["evalCounter"] = steps + 1
    return x, Table((fx,))


def adadelta(opfunc, x, config=None, state=None) -> tuple:
    """One step of AdaDelta (Zeiler, arXiv:1212.5701).

    config: rho (0.9), eps (1e-6), weightDecay (0).
    state: keeps ``evalCounter``, ``paramVariance``, ``accDelta`` and the buffers ``paramStd``, ``delta``.
    """
    if config is None and state is None:
        current.console.print("no state table, ADADELTA initializing")
    config, state = tables(config, state)
    given, held, w, fx, g = _start(opfunc, x, config, state)
    rho, eps = given.get("rho", 0.9), given.get("eps", 1e-6)
    variance, deviation = _kept(state, held, "paramVariance", g), _kept(state, held, "paramStd", g)
    delta, travelled = _kept(state, held, "delta", g), _kept(state, held, "accDelta", g)

    variance.mul_(scalar(rho, variance.dtype)).addcmul_(g, g, value=1 - rho)
    torch.add(variance, eps, out=deviation).sqrt_()
    torch.add(travelled, eps, out=delta).sqrt_().div_(deviation).mul_(g)
    w.sub_(delta)
    travelled.mul_(scalar(rho, travelled.dtype)).addcmul_(delta, delta, value=1 - rho)
    state["evalCounter"] = held.get("evalCounter", 0) + 1
    return x, Table((fx,))


def rmsprop(opfunc, x, config=None, state=None) -> tuple:
    """One step of RMSprop (Tieleman and Hinton, 2012).

    config: learningRate (0.01), alpha (0.99), epsilon (1e-8), initialMean (0), weightDecay (0).
    state: keeps the mean square ``m`` and the buffer ``tmp``.
    """
    config, state = tables(config, state)
    given, held, w, fx, g = _start(opfunc, x, config, state)
    alpha = given.get("alpha", 0.99)
    m = held.get("m")
    if m is None:
        m = state["m"] = torch.full_like(g, given.get("initialMean", 0))
    root = _kept(state, held, "tmp", g)

    m.mul_(scalar(alpha, m.dtype)).addcmul_(g, g, value=1 - alpha)
    torch.sqrt(m, out=root).add_(given.get("epsilon", 1e-8))
    w.addcdiv_(g, root, value=-given.get("learningRate", 1e-2))
    return x, Table((fx,))


def rprop(opfunc, x, config=None, state=None) -> tuple:
    """Steps of RPROP (Riedmiller and Braun, 1993): only the gradient's signs count.

    config: stepsize (0.1), etaplus (1.2), etaminus (0.5), stepsizemax (50), stepsizemin (1e-6), niter (1).
    state: keeps the last gradient ``delta``, a tensor ``stepsize``, and the buffers ``sign``, ``psign``, ``nsign``,
        ``zsign``, ``dminmax``.

    Where a sign has changed, the gradient that opfunc returned is set to 0. Returns x and one f(x) for each iteration.
    """
    if config is None and state is None:
        current.console.print("no state table RPROP initializing")
    config, state = tables(config, state)
    given = settings(config)
    etaplus, etaminus = given.get("etaplus", 1.2), given.get("etaminus", 0.5)
    largest, smallest = given.get("stepsizemax", 50.0), given.get("stepsizemin", 1e-6)
    w = plain(x)
    values = Table()
    for _ in range(int(given.get("niter", 1))):
        fx, g = evaluate(opfunc, x, w)
        if state.get("delta") is None:
            state["delta"] = torch.zeros_like(g)
            state["stepsize"] = torch.full_like(g, given.get("stepsize", 0.1))
            state["sign"] = torch.empty_like(g)
            for name in ("psign", "nsign", "zsign", "dminmax"):
                state[name] = torch.empty_like(g, dtype=torch.uint8)
        last, step, sign = state.get("delta"), state.get("stepsize"), state.get("sign")

        torch.mul(g, last, out=sign).sign_()
        kept, changed, none = sign > 0, sign < 0, sign == 0
        sign.masked_fill_(kept, etaplus).masked_fill_(changed, etaminus).masked_fill_(none, 1)
        step.mul_(sign)
        step.masked_fill_(step > largest, largest)
        short = step < smallest
        step.masked_fill_(short, smallest)
        for name, mask in (("psign", kept), ("nsign", changed), ("zsign", none), ("dminmax", short)):
            state.get(name).copy_(mask)

        g.masked_fill_(changed, 0)
        torch.sign(g, out=sign)
        w.addcmul_(sign, step, value=-1)
        last.copy_(g)
        values.append(fx)
    return x, values
