"""Torch7's random numbers, bit for bit.

One stream of 32-bit words from the Mersenne Twister (mt19937) feeds every distribution. Numbers and whole tensors
draw from the same stream in the same order, so that a script with a seed sees the numbers that it saw in Torch7.

``uniform(0, 1)`` is one word divided by 2^32. Normals come in pairs (Box-Muller) from two words; the second of a pair
waits for the next normal, be it a number or an element of a tensor.
"""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Callable

import numpy
import torch

from .classes import register
from .errors import ArgumentError, TorchError

_WORDS = 624  # words in the state of mt19937; all are renewed at once
_UNIT = 2.0**-32
_TWO_PI = 2 * math.pi
_FEW = 16  # so many normals are drawn sooner one by one

# the memory of Torch7's THGenerator, which is what getRNGState hands out
_STATE = numpy.dtype(
    [
        ("initial_seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", _WORDS),
        ("normal_x", "<f8"),
        ("normal_y", "<f8"),
        ("normal_rho", "<f8"),
        ("normal_is_valid", "<i4"),
        ("padding", "<i4"),
    ]
)

# x:random() without bounds draws below this
_MODULUS = {
    torch.uint8: 2**8,
    torch.int8: 2**7,
    torch.int16: 2**15,
    torch.int32: 2**31,
    torch.float32: 2**24 + 1,
}


@register("torch.Generator")
class Generator:
    """A stream of random numbers; a new one starts at a random seed.

    Methods named after a distribution draw one number; ``fill_...`` fill a tensor in row-major order with as many.
    """

    def __init__(self):
        self._twister = numpy.random.MT19937()
        self._seeder = numpy.random.RandomState(self._twister)
        self.seed()

    # --- the state

    def manualSeed(self, seed: int) -> None:
        """Start the stream anew from ``seed`` (its lower 32 bits); a waiting normal is dropped."""
        self._initial_seed = int(seed)
        self._seeder.seed(self._initial_seed & 0xFFFFFFFF)
        self._set_block(numpy.empty(0, dtype=numpy.uint64))
        self._spare = None

    def seed(self) -> int:
        """Start the stream from a seed of the system's choice, and return that."""
        seed = secrets.randbits(32)
        self.manualSeed(seed)
        return seed

    def initialSeed(self) -> int:
        """The seed that the stream was started from, as it was passed."""
        return self._initial_seed

    def getRNGState(self) -> torch.Tensor:
        """The whole state as a ByteTensor, a copy."""
        return torch.from_numpy(numpy.frombuffer(self._pack(), dtype=numpy.uint8).copy())

    def setRNGState(self, state: torch.Tensor) -> None:
        """Go on from a state that :meth:`getRNGState` returned."""
        if not isinstance(state, torch.Tensor) or state.dtype != torch.uint8:
            raise ArgumentError("RNG state must be a torch.ByteTensor")
        if state.numel() != _STATE.itemsize:
            raise TorchError("RNG state is wrong size")
        self._unpack(state.cpu().contiguous().numpy().tobytes())

    def write(self, file) -> None:
        """Write the state to a :class:`torch7py.serialization.File`, as its bytes."""
        from torch7py.tensor.storage import of  # which needs this module

        file.writeByte(of(self.getRNGState()))

    def read(self, file, version: int | None = None) -> None:
        """Become a generator in the state that comes next in a file."""
        self.__init__()
        self.setRNGState(file.readByte(_STATE.itemsize).tensor())

    def __reduce__(self):
        return _restored, (self._pack(),)

    def _pack(self) -> bytes:
        state = numpy.zeros((), _STATE)
        state["initial_seed"] = self._initial_seed & (2**64 - 1)
        state["seeded"] = 1
        unused = len(self._block) - self._position
        state["left"] = unused + 1
        # a fresh seed has drawn no block yet: no word is left, and none was used
        state["next"] = _WORDS - unused if len(self._block) else 0
        state["words"] = self._twister.state["state"]["key"]
        if self._spare:
            state["normal_x"], state["normal_y"], state["normal_rho"] = self._spare
            state["normal_is_valid"] = 1
        return state.tobytes()

    def _unpack(self, content: bytes) -> None:
        state = numpy.frombuffer(content, _STATE)[0]
        unused = int(state["left"]) - 1
        if state["seeded"] != 1 or not 0 <= unused < _WORDS or state["next"] > _WORDS:
            raise TorchError("Invalid RNG state")
        key = {"key": state["words"].astype(numpy.uint32), "pos": _WORDS - unused}
        self._twister.state = {"bit_generator": "MT19937", "state": key}
        self._set_block(self._twister.random_raw(unused))
        self._initial_seed = int(state["initial_seed"].astype(numpy.int64))
        spare = (float(state["normal_x"]), float(state["normal_y"]), float(state["normal_rho"]))
        self._spare = spare if state["normal_is_valid"] else None

    # --- words: what is left of the current 624, as an array for tensors and as a list for numbers

    def _set_block(self, block: numpy.ndarray) -> None:
        self._block = block
        self._position = 0
        self._numbers = self._fractions = None

    def _word(self) -> int:
        if self._position == len(self._block):
            self._set_block(self._twister.random_raw(_WORDS))
        if self._numbers is None:
            self._numbers = self._block.tolist()
        word = self._numbers[self._position]
        self._position += 1
        return word

    def words(self, count: int) -> torch.Tensor:
        """The next ``count`` 32-bit words as int64; not to be changed."""
        start = self._position
        missing = start + count - len(self._block)
        if missing <= 0:
            self._position = start + count
            words = self._block[start : start + count]
        else:
            fresh = self._twister.random_raw(-(-missing // _WORDS) * _WORDS)
            words = numpy.concatenate([self._block[start:], fresh[:missing]])
            self._set_block(fresh[-_WORDS:].copy())
            self._position = missing - (len(fresh) - _WORDS)
        return torch.from_numpy(words.view(numpy.int64))

    def uniforms(self, count: int) -> torch.Tensor:
        """The next ``count`` numbers of [0, 1) as float64, a new tensor."""
        start, end = self._position, self._position + count
        if end > len(self._block):
            return self.words(count).to(torch.float64).mul_(_UNIT)
        if self._fractions is None:
            self._fractions = self._block * _UNIT
        self._position = end
        return torch.from_numpy(self._fractions[start:end].copy())

    # --- one number

    def random(self, a: int | None = None, b: int | None = None) -> int:
        """A whole number: of 0 .. 2^32-1, of 1 .. a, or of a .. b."""
        word = self._word()
        if a is None:
            return word
        low, count = _bounds(a, b)
        return word % count + low

    def uniform(self, a: float = 0, b: float = 1) -> float:
        """A number of [a, b)."""
        return self._word() * _UNIT * (b - a) + a

    def normal(self, mean: float = 0, stdv: float = 1) -> float:
        """A number of the normal distribution."""
        if not stdv > 0:
            raise TorchError("standard deviation must be strictly positive")
        if self._spare is not None:
            x, _, rho = self._spare
            self._spare = None
            return rho * math.sin(_TWO_PI * x) * stdv + mean
        x = self._word() * _UNIT
        y = self._word() * _UNIT
        rho = math.sqrt(-2 * math.log(1 - y))
        self._spare = (x, y, rho)
        return rho * math.cos(_TWO_PI * x) * stdv + mean

    def exponential(self, rate: float) -> float:
        """A number with density ``rate * exp(-rate * x)``."""
        return _scale(rate) * math.log(1 - self._word() * _UNIT)

    def cauchy(self, median: float = 0, sigma: float = 1) -> float:
        """A number of the Cauchy distribution with that median and half width."""
        return median + sigma * math.tan(math.pi * (self._word() * _UNIT - 0.5))

    def logNormal(self, mean: float = 1, stdv: float = 2) -> float:
        """The exponential of a normal number; ``mean`` and ``stdv`` are the normal's."""
        try:
            return math.exp(self.normal(mean, stdv))
        except OverflowError:
            return math.inf

    def geometric(self, p: float) -> int:
        """A whole number i >= 1 with probability ``(1 - p) * p^(i - 1)``."""
        _check_open_probability(p)
        return int(math.log(1 - self._word() * _UNIT) / math.log(p)) + 1

    def bernoulli(self, p: float = 0.5) -> int:
        """1 with probability p, else 0."""
        if not 0 <= p <= 1:
            raise TorchError("must be >= 0 and <= 1")
        return int(self._word() * _UNIT <= p)

    # --- whole tensors

    def fill_random(self, tensor: torch.Tensor, a: int | None = None, b: int | None = None) -> None:
        """As :meth:`random`, but without bounds within what the element type holds."""
        words = self.words(tensor.numel())
        if a is None:
            modulus = _MODULUS.get(tensor.dtype)
            drawn = words if modulus is None else words % modulus
        else:
            low, count = _bounds(a, b)
            drawn = words % count + low
            if low < 0 and tensor.is_floating_point():
                # Torch7 adds the lower bound in unsigned arithmetic of 64 bits
                drawn = torch.where(drawn < 0, drawn.to(torch.float64) + 2.0**64, drawn.to(torch.float64))
        tensor.copy_(drawn.view(tensor.size()))

    def fill_uniform(self, tensor: torch.Tensor, a: float = 0, b: float = 1) -> None:
        a, b = _as_element(a, tensor), _as_element(b, tensor)
        drawn = self.uniforms(tensor.numel())
        if (a, b) != (0, 1):
            drawn.mul_(b - a).add_(a)
        tensor.copy_(drawn.view(tensor.size()))

    def fill_normal(self, tensor: torch.Tensor, mean: float = 0, stdv: float = 1) -> None:
        tensor.copy_(self._normals(tensor, mean, stdv).view(tensor.size()))

    def fill_logNormal(self, tensor: torch.Tensor, mean: float = 1, stdv: float = 2) -> None:
        tensor.copy_(self._normals(tensor, mean, stdv).exp_().view(tensor.size()))

    def fill_exponential(self, tensor: torch.Tensor, rate: float) -> None:
        rate = _as_element(rate, tensor)
        drawn = self.uniforms(tensor.numel()).neg_().add_(1).log_().mul_(_scale(rate))
        tensor.copy_(drawn.view(tensor.size()))

    def fill_cauchy(self, tensor: torch.Tensor, median: float = 0, sigma: float = 1) -> None:
        median, sigma = _as_element(median, tensor), _as_element(sigma, tensor)
        drawn = self.uniforms(tensor.numel()).sub_(0.5).mul_(math.pi).tan_().mul_(sigma).add_(median)
        tensor.copy_(drawn.view(tensor.size()))

    def fill_geometric(self, tensor: torch.Tensor, p: float) -> None:
        _check_open_probability(p)
        drawn = self.uniforms(tensor.numel()).neg_().add_(1).log_().div_(math.log(p)).trunc_().add_(1)
        tensor.copy_(drawn.view(tensor.size()))

    def fill_bernoulli(self, tensor: torch.Tensor, p: float | torch.Tensor = 0.5) -> None:
        """``p`` is one probability, or a Float or DoubleTensor with one for each element."""
        if isinstance(p, torch.Tensor):
            if p.dtype not in (torch.float32, torch.float64):
                raise ArgumentError("probabilities must be a FloatTensor or a DoubleTensor")
            if p.numel() != tensor.numel():
                raise TorchError(f"inconsistent tensor size: {tensor.numel()} elements, {p.numel()} probabilities")
            p = p.reshape(-1).to("cpu", torch.float64)
            valid = bool(((p >= 0) & (p <= 1)).all())
        else:
            valid = 0 <= p <= 1
        if not valid:
            raise TorchError("must be >= 0 and <= 1")
        tensor.copy_((self.uniforms(tensor.numel()) <= p).view(tensor.size()))

    def _normals(self, tensor: torch.Tensor, mean: float, stdv: float) -> torch.Tensor:
        """As many normals as the tensor has elements, flat."""
        mean, stdv = _as_element(mean, tensor), _as_element(stdv, tensor)
        if not stdv > 0:
            raise TorchError("standard deviation must be strictly positive")
        count = tensor.numel()
        if count < _FEW:
            return torch.tensor([self.normal(mean, stdv) for _ in range(count)], dtype=torch.float64)
        start = 0
        drawn = torch.empty(count, dtype=torch.float64)
        if self._spare is not None:
            drawn[0] = self.normal()
            start = 1
        pairs = (count - start + 1) // 2
        whole = (count - start) // 2  # pairs of which both are used
        uniforms = self.uniforms(2 * pairs)
        x, y = uniforms[::2], uniforms[1::2]
        angle = x * _TWO_PI
        rho = (1 - y).log_().mul_(-2).sqrt_()
        torch.mul(rho, torch.cos(angle), out=drawn[start::2])
        torch.mul(rho[:whole], torch.sin(angle[:whole]), out=drawn[start + 1 :: 2])
        if whole < pairs:
            self._spare = (x[-1].item(), y[-1].item(), rho[-1].item())
        if (mean, stdv) != (0, 1):
            drawn.mul_(stdv).add_(mean)
        return drawn


def _restored(state: bytes) -> Generator:
    generator = Generator()
    generator._unpack(state)
    return generator


def _bounds(a: float, b: float | None) -> tuple[int, int]:
    """The least number and how many there are, for the bounds of ``random``."""
    if b is None:
        if int(a) <= 0:
            raise TorchError("upper bound must be strictly positive")
        return 1, int(a)
    low, high = int(a), int(b)
    if high < low:
        raise TorchError("upper bound must be larger than lower bound")
    return low, high - low + 1


def _check_open_probability(p: float) -> None:
    if not 0 < p < 1:
        raise TorchError("must be > 0 and < 1")


def _scale(rate: float) -> float:
    return -1 / rate if rate else -math.inf


def _as_element(value: float, tensor: torch.Tensor) -> float:
    """Parameters of a draw are rounded to the element type, as Torch7 took them."""
    return float(numpy.float32(value)) if tensor.dtype == torch.float32 else float(value)


class _Threads(threading.local):
    def __init__(self):
        self.generator = Generator()


_threads = _Threads()


def default() -> Generator:
    """The generator of the running thread, used wherever none is given."""
    return _threads.generator


# --- functions: [generator] comes first where it is given, as in Torch7


def manualSeed(*args) -> None:
    """``manualSeed([generator,] seed)``: start the stream anew."""
    *generator, seed = args or (None,)
    if not isinstance(seed, (int, float)):
        raise ArgumentError("manualSeed: a number expected as the seed")
    (generator[0] if generator else _threads.generator).manualSeed(seed)


def seed(generator: Generator | None = None) -> int:
    """Start the stream from a seed of the system's choice, and return that."""
    return (generator or _threads.generator).seed()


def initialSeed(generator: Generator | None = None) -> int:
    """The seed that the stream was started from."""
    return (generator or _threads.generator).initialSeed()


def getRNGState(*args) -> torch.Tensor:
    """``getRNGState([generator,] [result])``: the state as a ByteTensor; into ``result`` if given."""
    generator, args = _generator(args)
    state = generator.getRNGState()
    return args[0].resize_(state.size()).copy_(state) if args else state


def setRNGState(*args) -> torch.Tensor:
    """``setRNGState([generator,] state)``: go on from that state, which is returned."""
    generator, args = _generator(args)
    if len(args) != 1:
        raise ArgumentError("setRNGState: a torch.ByteTensor expected")
    generator.setRNGState(args[0])
    return args[0]


def _generator(args: tuple) -> tuple[Generator, tuple]:
    """The generator that the arguments begin with, or else the default one, and the other arguments."""
    if args and isinstance(args[0], Generator):
        return args[0], args[1:]
    return _threads.generator, args


def _parameter(value: float | str) -> float:
    """A number; a string that spells one will do, as everywhere in Lua."""
    if isinstance(value, str):
        return float(value)
    if isinstance(value, bool) or not hasattr(value, "__float__") or isinstance(value, torch.Tensor):
        raise TypeError(f"a number expected, got a {type(value).__name__}")
    return value


def _distribution(name: str, *dtypes: torch.dtype) -> Callable:
    """``NAME([generator,] ...)`` draws a number, ``NAME(tensor, [generator,] ...)`` fills and returns the tensor.

    Tensors must have one of the ``dtypes``, if any are listed.
    """
    number = getattr(Generator, name)
    fill = getattr(Generator, "fill_" + name)

    def draw(*args):
        if args and args[-1] is None:
            args = args[:-1]
        try:
            if not args or not isinstance(args[0], torch.Tensor):
                if args and isinstance(args[0], Generator):
                    return number(args[0], *map(_parameter, args[1:]))
                return number(_threads.generator, *map(_parameter, args))
            tensor, *args = args
            if dtypes and tensor.dtype not in dtypes:
                raise ArgumentError(f"{name} needs a tensor of type {' or '.join(map(str, dtypes))}")
            if args and isinstance(args[0], Generator):
                generator, *args = args
            else:
                generator = _threads.generator
            if not (name == "bernoulli" and args and isinstance(args[0], torch.Tensor)):
                args = map(_parameter, args)
            fill(generator, tensor, *args)
            return tensor
        except (TypeError, ValueError) as error:
            if isinstance(error, ArgumentError):
                raise
            raise ArgumentError(f"invalid arguments for {name}: {error}") from None

    draw.__name__ = draw.__qualname__ = name
    draw.__doc__ = number.__doc__ + "\n\nA generator may come first; with a tensor first, fills and returns that."
    return draw


_REALS = (torch.float32, torch.float64)

random = _distribution("random")
geometric = _distribution("geometric")
bernoulli = _distribution("bernoulli")
uniform = _distribution("uniform", *_REALS)
normal = _distribution("normal", *_REALS)
exponential = _distribution("exponential", *_REALS)
cauchy = _distribution("cauchy", *_REALS)
logNormal = _distribution("logNormal", *_REALS)
