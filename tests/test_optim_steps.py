"""The stepwise optimisers: PyTorch's own are the oracle where the formulas are the same."""

import pytest
import torch

import torch7py
from torch7py import optim
from torch7py.errors import TorchError
from torch7py.table import Table

START = torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64)
CURVATURE = torch.tensor([4.0, 3.0, 0.5], dtype=torch.float64)


def quadratic(x):
    return 0.5 * (CURVATURE * x * x).sum().item(), CURVATURE * x


def ours(step, config, steps=7):
    x = START.clone()
    values = []
    for _ in range(steps):
        result, (value,) = step(quadratic, x, config)
        assert result is x
        values.append(value)
    return x, values


def theirs(make, steps=7):
    x = START.clone().requires_grad_()
    optimizer = make([x])
    for _ in range(steps):
        x.grad = quadratic(x.detach())[1]
        optimizer.step()
    return x.detach()


SAME = {
    "sgd": (optim.sgd, dict(learningRate=0.1), lambda p: torch.optim.SGD(p, 0.1)),
    "sgd with momentum": (
        optim.sgd,
        dict(learningRate=0.05, momentum=0.9, dampening=0.3, weightDecay=0.1),
        lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, dampening=0.3, weight_decay=0.1),
    ),
    "sgd, Nesterov": (
        optim.sgd,
        dict(learningRate=0.05, momentum=0.9, dampening=0, nesterov=True),
        lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True),
    ),
    "adam": (
        optim.adam,
        dict(learningRate=0.1, beta1=0.8, weightDecay=0.2, epsilon=1e-300),
        lambda p: torch.optim.Adam(p, 0.1, betas=(0.8, 0.999), weight_decay=0.2, eps=1e-300),
    ),
    "adamax": (optim.adamax, dict(learningRate=0.1), lambda p: torch.optim.Adamax(p, 0.1, eps=1e-38)),
    "adagrad": (optim.adagrad, dict(learningRate=0.1), lambda p: torch.optim.Adagrad(p, 0.1)),
    "adadelta": (optim.adadelta, dict(rho=0.8), lambda p: torch.optim.Adadelta(p, lr=1, rho=0.8)),
    "rmsprop": (optim.rmsprop, dict(learningRate=0.05), lambda p: torch.optim.RMSprop(p, 0.05)),
    "rprop": (optim.rprop, dict(stepsize=0.3), lambda p: torch.optim.Rprop(p, 0.3)),
}


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("kind", [dict, Table])
def test_steps_are_those_of_the_textbook(name, kind):
    step, config, make = SAME[name]
    x, values = ours(step, kind(config))
    assert values[0] == 19 / 2 - 1.25  # f at the start, before the step
    torch.testing.assert_close(x, theirs(make), rtol=1e-9, atol=1e-12)


def test_dampening_is_the_momentum_by_default():
    assert torch.equal(
        ours(optim.sgd, dict(momentum=0.9))[0],
        ours(optim.sgd, dict(momentum=0.9, dampening=0.9))[0],
    )


def test_the_rate_decays_with_the_counter():
    config = dict(learningRate=1.0, learningRateDecay=1, evalCounter=3)
    x = torch.zeros(1)
    optim.sgd(lambda p: (0, torch.ones(1)), x, config)
    assert x.item() == -0.25
    assert config["evalCounter"] == 4


def test_state_may_be_kept_apart_from_the_config():
    config, state = Table(learningRate=0.1, momentum=0.5), Table()
    x = START.clone()
    optim.sgd(quadratic, x, config, state)
    assert dict(config.items()) == {"learningRate": 0.1, "momentum": 0.5}
    assert set(state.keys()) == {"evalCounter", "dfdx"}


def test_none_and_false_in_a_config_mean_the_default():
    plain = ours(optim.sgd, dict(learningRate=0.1))[0]
    assert torch.equal(plain, ours(optim.sgd, dict(learningRate=0.1, momentum=None, nesterov=False))[0])


def test_the_first_velocity_is_a_copy_and_weight_decay_changes_the_gradient():
    g = torch.tensor([1.0, 2.0])
    x = torch.tensor([10.0, 20.0])
    config = dict(learningRate=0.1, momentum=0.9, weightDecay=0.5)
    optim.sgd(lambda p: (0, g), x, config)
    assert g.tolist() == [6, 12]
    g.fill_(0)
    assert config["dfdx"].tolist() == [6, 12]


def test_rates_and_decays_of_single_parameters():
    x = torch.tensor([1.0, 1.0])
    config = dict(learningRate=1, learningRates=torch.tensor([0.5, 0.25]), weightDecays=torch.tensor([0.0, 2.0]))
    optim.sgd(lambda p: (0, torch.ones(2)), x, config)
    assert x.tolist() == [0.5, 0.25]


def test_a_gradient_of_another_shape_needs_as_many_elements():
    x = torch.zeros(2, 3)
    optim.sgd(lambda p: (0, torch.ones(6)), x, dict(learningRate=1))
    assert (x == -1).all()
    with pytest.raises(TorchError, match=r"gradient \[3\], parameters \[2, 3\]"):
        optim.sgd(lambda p: (0, torch.ones(3)), x)


def test_a_function_without_a_gradient_is_named():
    with pytest.raises(TorchError, match="opfunc must return two values"):
        optim.sgd(lambda p: 0.5, torch.zeros(2))


@pytest.mark.parametrize("config", [dict(nesterov=True), dict(nesterov=True, momentum=0.9)])
def test_nesterov_needs_momentum_without_dampening(config):
    with pytest.raises(TorchError, match="momentum and zero dampening"):
        optim.sgd(quadratic, START.clone(), config)


def test_nag_looks_ahead():
    seen = []

    def f(x):
        seen.append(x.item())
        return 0, torch.ones(1)

    x, config = torch.zeros(1), dict(learningRate=1, momentum=0.5)
    optim.nag(f, x, config)
    optim.nag(f, x, config)
    assert seen == [0, -1.5]  # the second gradient is taken half a step further on
    assert x.item() == -2.5


def test_asgd_averages_from_t0_on():
    x, config = torch.zeros(1, dtype=torch.float64), {"eta0": 1.0, "lambda": 0, "t0": 1}
    points = []
    for _ in range(5):
        _, _, average = optim.asgd(lambda p: (0, torch.ones(1, dtype=torch.float64)), x, config)
        points.append(x.item())
    assert points == [-1, -2, -3, -4, -5]
    assert average.item() == pytest.approx(-4)  # the mean of the points behind t0 + 1


def test_rprop_zeroes_the_callers_gradient_where_its_sign_changed():
    x, config = torch.zeros(2), dict(stepsize=0.1)
    optim.rprop(lambda p: (0, torch.tensor([1.0, 1.0])), x, config)
    g = torch.tensor([-1.0, 2.0])
    optim.rprop(lambda p: (0, g), x, config)
    assert g.tolist() == [0, 2]
    torch.testing.assert_close(x, torch.tensor([-0.1, -0.22]))


def test_rprop_iterates_within_one_call():
    _, values = optim.rprop(quadratic, START.clone(), dict(niter=3))
    assert len(values) == 3
    assert values[1] > values[2] > values[3]


def test_a_handle_goes_to_the_function_and_comes_back():
    x = torch7py.Tensor([1.0, -2.0])

    def f(p):
        assert p is x
        return p.dot(p), p * 2

    result, (value,) = optim.sgd(f, x, dict(learningRate=0.25))
    assert result is x
    assert value == 5
    assert x.tensor.tolist() == [0.5, -1]


def test_parameters_that_require_grad_are_stepped_outside_of_autograd():
    x = torch.ones(2, requires_grad=True)
    optim.adam(lambda p: (0, p.detach() * 2), x, dict(learningRate=0.1))
    torch.testing.assert_close(x.detach(), torch.full((2,), 0.9))
