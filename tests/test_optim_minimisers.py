"""Optimisers that run to the minimum in one call, line search, and the gradient check."""

import math

import pytest
import torch

from torch7py import optim, random
from torch7py.errors import TorchError


def rosenbrock(x):
    a, b = x.tolist()
    t = b - a * a
    return (1 - a) ** 2 + 100 * t * t, torch.tensor([-2 * (1 - a) - 400 * a * t, 200 * t], dtype=x.dtype)


def start(*values):
    return torch.tensor(values, dtype=torch.float64)


MINIMUM = torch.ones(2, dtype=torch.float64)


@pytest.mark.parametrize(
    "minimise",
    [
        lambda f, x: optim.cg(f, x, dict(maxIter=100)),
        lambda f, x: optim.lbfgs(f, x, dict(maxIter=100, lineSearch=optim.lswolfe)),
    ],
    ids=["cg", "lbfgs"],
)
def test_the_bottom_of_rosenbrocks_valley(minimise):
    calls = 0

    def f(x):
        nonlocal calls
        calls += 1
        return rosenbrock(x)

    x = start(-1.2, 1)
    result, values, evaluations = minimise(f, x)
    assert result is x
    torch.testing.assert_close(x, MINIMUM, rtol=0, atol=1e-3)
    assert values[1] == pytest.approx(24.2)
    assert values[len(values)] == pytest.approx(rosenbrock(x)[0], abs=1e-12)
    assert evaluations == calls


def test_a_gradient_buffer_that_is_used_again():
    """As nn's gradParameters: the function returns the same tensor every time."""
    buffer = torch.empty(2, dtype=torch.float64)

    def f(x):
        value, g = rosenbrock(x)
        return value, buffer.copy_(g)

    for minimise in (
        lambda f, x: optim.cg(f, x, dict(maxIter=9)),
        lambda f, x: optim.lbfgs(f, x, dict(maxIter=9, learningRate=0.01)),
    ):
        x, y = start(-1.2, 1), start(-1.2, 1)
        minimise(rosenbrock, x)
        minimise(f, y)
        assert torch.equal(x, y)


def test_lbfgs_goes_on_from_its_state():
    x, y = start(-1.2, 1), start(-1.2, 1)
    optim.lbfgs(rosenbrock, x, dict(maxIter=4, learningRate=0.01))
    config, state = dict(maxIter=1, learningRate=0.01), {}
    for _ in range(4):
        optim.lbfgs(rosenbrock, y, config, state)
    torch.testing.assert_close(x, y)
    assert state["nIter"] == 4


def test_lbfgs_of_an_image_with_a_flat_gradient(recwarn):
    """As neural-style calls it."""
    goal = torch.arange(12, dtype=torch.float64).view(3, 2, 2)
    image, flat = torch.zeros_like(goal), torch.zeros(12, dtype=torch.float64)
    weights = torch.arange(1, 13).view(3, 2, 2)

    def squares(x):
        difference = weights * (x.view(3, 2, 2) - goal)
        return (difference**2).sum().item(), (2 * weights * difference).view(12)

    for x in (image, flat):
        optim.lbfgs(squares, x, dict(maxIter=8, learningRate=0.01))
    torch.testing.assert_close(image.view(12), flat)
    assert image.sum() > 4 and not recwarn.list


def test_lbfgs_forgets_what_is_older_than_its_memory():
    state = dict(maxIter=20, learningRate=0.01, nCorrection=3)
    optim.lbfgs(rosenbrock, start(-1.2, 1), state)
    assert len(state["old_dirs"]) == 3
    assert len(state["old_dirs"]) + len(state["dir_bufs"]) == 4


def test_the_line_search_satisfies_the_wolfe_conditions():
    x = start(-1.2, 1)
    f, g = rosenbrock(x)
    d = -g
    slope = g.dot(d).item()
    new_f, new_g, result, t, _ = optim.lswolfe(rosenbrock, x, 1.0, d, f, g, slope)
    torch.testing.assert_close(result, start(-1.2, 1) + t * d)
    assert new_f == pytest.approx(rosenbrock(result)[0])
    assert new_f <= f + 1e-4 * t * slope
    assert abs(new_g.dot(d).item()) <= 0.9 * abs(slope)


def test_interpolation_finds_the_minimum_of_a_polynomial():
    def points(f, slope, *xs):
        return torch.tensor([[x, f(x), slope(x)] for x in xs], dtype=torch.float64)

    cubic = points(lambda x: x**3 - 3 * x, lambda x: 3 * x * x - 3, 0, 3)
    assert optim.polyinterp(cubic) == pytest.approx(1)
    quartic = points(lambda x: (x - 1) ** 4 + x, lambda x: 4 * (x - 1) ** 3 + 1, 0, 1, 2)
    position, value = optim.polyinterp(quartic)
    assert position == pytest.approx(1 - 0.25 ** (1 / 3))
    assert value == pytest.approx((position - 1) ** 4 + position)
    assert optim.polyinterp(cubic, 1.5, 2)[0] == 1.5  # the best that the bounds allow


@pytest.mark.parametrize("accelerated", [False, True])
def test_fista_solves_the_lasso(accelerated):
    A = torch.tensor([[1, 2, 0], [0, 1, -1], [2, 0, 1], [1, 1, 1]], dtype=torch.float64)
    b = torch.tensor([1, -1, 2, 0.5], dtype=torch.float64)
    weight = 0.3

    def f(y, what=None):
        r = A @ y - b
        value = 0.5 * r.dot(r).item()
        return (value, A.t() @ r) if what == "dx" else value

    def shrink(y, L):
        y.copy_(y.sign() * (y.abs() - weight / L).clamp(min=0))

    x = torch.zeros(3, dtype=torch.float64)
    params = dict(maxiter=500, errthres=1e-12, doFistaUpdate=accelerated)
    y, history = optim.FistaLS(f, lambda y: weight * y.abs().sum().item(), shrink, x, params)
    assert torch.equal(x, y)
    torch.testing.assert_close(y, torch.tensor([11 / 15, -1 / 15, 1 / 3], dtype=torch.float64), rtol=0, atol=1e-4)
    assert history[len(history)].F == pytest.approx(0.745, abs=1e-6)
    assert len(history) < 500


def test_cmaes_draws_from_the_default_generator_and_leaves_x():
    def bowl(x):
        return (x - 3).square().sum().item()

    results = []
    for _ in range(2):
        random.manualSeed(5)
        x = torch.zeros(3, dtype=torch.float64)
        best, values, evaluations = optim.cmaes(bowl, x, dict(sigma=1.0, maxEval=800, ftarget=1e-10))
        results.append(best)
        assert x.tolist() == [0, 0, 0]
    assert torch.equal(*results)
    torch.testing.assert_close(best, torch.full((3,), 3.0, dtype=torch.float64), rtol=0, atol=1e-4)
    assert values[1] == 27
    assert values[len(values)] == pytest.approx(bowl(best))
    assert evaluations % 7 == 0


def test_cmaes_names_a_missing_step_size():
    with pytest.raises(TorchError, match="sigma"):
        optim.cmaes(lambda x: 0, torch.zeros(2))


def test_de_has_a_generator_of_its_own():
    config = dict(scaleFactor=0.5, crossoverRate=0.8, popsize=10, maxFEs=1000)
    random.manualSeed(1)
    before = random.getRNGState().clone()
    best, values = optim.de(lambda x: x.dot(x).item(), torch.zeros(2, dtype=torch.float64), config)
    assert torch.equal(before, random.getRNGState())
    assert best.norm() < 1e-3
    assert values.numel() == 1000


def test_checkgrad_tells_right_from_wrong():
    x = start(0.3, -0.7)
    wrong, exact, estimate = optim.checkgrad(lambda p: (p.dot(p).item(), 3 * p), x, 1e-5)
    assert wrong == pytest.approx(0.2)
    torch.testing.assert_close(exact, 3 * x)
    torch.testing.assert_close(estimate, 2 * x)
    right, *_ = optim.checkgrad(rosenbrock, x)
    assert right < 1e-6
    assert x.tolist() == [0.3, -0.7]
    assert math.isnan(optim.checkgrad(lambda p: (0, torch.zeros(1)), torch.zeros(1))[0])
