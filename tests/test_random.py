"""Torch7's random numbers: the stream, its state, and that tensors draw what numbers draw."""

import math

import pytest
import torch

from torch7py import random
from torch7py.errors import TorchError
from torch7py.random import Generator
from torch7py.tensor.registry import functions, methods

# what Torch7 draws first after manualSeed(123)
WORD, UNIFORM, NORMAL = 2991312382, 0.7129553214181215, -0.23812953316813365


@pytest.fixture
def generator():
    made = Generator()
    made.manualSeed(123)
    return made


def doubles(*sizes):
    return torch.empty(*sizes, dtype=torch.float64)


def test_seed_123_is_torch7s(generator):
    assert generator.random() == WORD
    assert generator.uniform() == UNIFORM
    assert generator.normal() == NORMAL
    assert generator.initialSeed() == 123


def test_bounds_of_whole_numbers(generator):
    assert {generator.random(3) for _ in range(100)} == {1, 2, 3}
    assert {generator.random(-1, 1) for _ in range(100)} == {-1, 0, 1}
    with pytest.raises(TorchError, match="larger than lower"):
        generator.random(2, 1)


@pytest.mark.parametrize(
    "name, parameters",
    [
        ("random", ()),
        ("random", (7,)),
        ("random", (10, 20)),
        ("uniform", (-1, 3)),
        ("normal", (2, 0.5)),
        ("logNormal", (0, 0.25)),
        ("exponential", (3,)),
        ("cauchy", (1, 2)),
        ("geometric", (0.3,)),
        ("bernoulli", (0.3,)),
    ],
)
def test_a_tensor_draws_what_numbers_draw(generator, name, parameters):
    expected = [getattr(generator, name)(*parameters) for _ in range(1501)]
    following = generator.uniform()
    generator.manualSeed(123)
    drawn = doubles(1501)
    getattr(generator, "fill_" + name)(drawn[:700], *parameters)
    getattr(generator, "fill_" + name)(drawn[700:], *parameters)
    torch.testing.assert_close(drawn, torch.tensor(expected, dtype=torch.float64), rtol=1e-12, atol=0)
    assert generator.uniform() == following


def test_second_normal_of_a_pair_waits(generator):
    first, second = generator.normal(), generator.normal()
    third_word = generator.random()
    generator.manualSeed(123)
    one = doubles(1)
    generator.fill_normal(one)
    assert one.item() == pytest.approx(first, rel=1e-12)
    assert generator.random() == third_word  # the pair took two words, and no more are taken for its second
    assert generator.normal() == pytest.approx(second, rel=1e-12)


def test_seeding_drops_the_waiting_normal(generator):
    first = generator.normal()
    generator.manualSeed(123)
    assert generator.normal() == first


@pytest.mark.parametrize("drawn", [0, 1, 623, 624, 625, 2000])
def test_state_brings_back_the_stream(generator, drawn):
    generator.words(drawn)
    generator.normal()
    state = generator.getRNGState()
    assert state.dtype == torch.uint8 and state.numel() == 5048
    expected = [generator.normal(), generator.random(), generator.normal()]
    other = Generator()
    other.setRNGState(state)
    assert [other.normal(), other.random(), other.normal()] == expected
    assert other.initialSeed() == 123


def test_broken_state_is_refused(generator):
    with pytest.raises(TorchError, match="wrong size"):
        generator.setRNGState(torch.zeros(3, dtype=torch.uint8))
    with pytest.raises(TorchError, match="Invalid RNG state"):
        generator.setRNGState(torch.zeros(5048, dtype=torch.uint8))


def test_elements_are_drawn_in_row_major_order(generator):
    flat = doubles(6)
    generator.fill_uniform(flat)
    generator.manualSeed(123)
    turned = doubles(3, 2).t()
    generator.fill_uniform(turned)
    assert torch.equal(turned.reshape(-1), flat)


def test_float_tensors_round_the_same_stream(generator):
    wide, narrow = doubles(5), torch.empty(5)
    generator.fill_uniform(wide)
    generator.manualSeed(123)
    generator.fill_uniform(narrow)
    assert torch.equal(narrow, wide.float())


def test_whole_types_wrap_unbounded_draws(generator):
    drawn = torch.empty(1, dtype=torch.uint8)
    generator.fill_random(drawn)
    assert drawn.item() == WORD % 256


def test_functions_take_a_generator_first(generator):
    assert random.uniform(generator) == pytest.approx(WORD / 2**32)
    drawn = functions["normal"](doubles(3), generator, 0, 1)
    assert drawn.numel() == 3
    random.manualSeed(123)
    assert random.random() == WORD  # the default generator is another one


def test_default_generator_feeds_numbers_and_tensors():
    random.manualSeed(123)
    drawn = functions["rand"](3)
    random.manualSeed(123)
    assert drawn.tolist() == [random.uniform() for _ in range(3)]


def test_a_whole_tensor_type_has_no_normals():
    with pytest.raises(TorchError):
        methods["normal"](torch.zeros(2, dtype=torch.int32))


def test_misuse_is_named():
    with pytest.raises(TorchError, match="invalid arguments for uniform"):
        random.uniform("a")
    with pytest.raises(TorchError, match="strictly positive"):
        random.normal(0, -1)
    with pytest.raises(TorchError):
        random.manualSeed()


def test_randperm_is_torch7s():
    random.manualSeed(1234)
    assert functions["randperm"](8).tolist() == [8, 6, 3, 4, 5, 7, 2, 1]
    random.manualSeed(1234)
    drawn = functions["randperm"](torch.empty(0, dtype=torch.int64), 1000)
    assert drawn.sum().item() == 500500 and drawn[:2].tolist() == [776, 761]


def test_multinomial_follows_the_weights():
    random.manualSeed(1)
    weights = torch.tensor([[0.0, 1.0, 3.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
    drawn = functions["multinomial"](weights, 1000, True)
    assert set(drawn[0].tolist()) == {2, 3} and set(drawn[1].tolist()) == {1}
    assert (drawn[0] == 3).double().mean().item() == pytest.approx(0.75, abs=0.05)
    assert sorted(functions["multinomial"](torch.ones(5), 5).tolist()) == [1, 2, 3, 4, 5]
    with pytest.raises(TorchError, match="without replacement"):
        functions["multinomial"](torch.ones(2), 3)


def test_alias_table():
    state = functions["multinomialAliasSetup"](torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64))
    assert state[1].tolist() == [4, 4, 1, 3]
    assert state[2].tolist() == pytest.approx([0.4, 0.8, 1, 0.8])
    drawn = functions["multinomialAlias"](torch.empty(1000, dtype=torch.int64), state)
    assert set(drawn.tolist()) <= {0, 1, 2, 3, 4}


def test_bernoulli_of_tensors():
    random.manualSeed(5)
    p = torch.tensor([0.0, 1.0, 0.5])
    drawn = methods["bernoulli"](torch.empty(3, dtype=torch.uint8), p)
    assert drawn[:2].tolist() == [0, 1]
    with pytest.raises(TorchError):
        methods["bernoulli"](torch.empty(3), torch.tensor([0.5, 1.5, 0]))
    with pytest.raises(TorchError, match="3 elements, 2 probabilities"):
        methods["bernoulli"](torch.empty(3), torch.tensor([0.5, 0.5]))


def test_distributions_at_their_limits(generator):
    assert generator.exponential(0) == math.inf
    assert generator.bernoulli(0) == 0 and generator.bernoulli(1) == 1
    with pytest.raises(TorchError):
        generator.geometric(1)
