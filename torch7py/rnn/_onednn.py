"""A layer of LSTM by oneDNN: floats on the CPU, in half the time or less of doing it step by step.

It is what torch.nn.LSTM uses. oneDNN keeps cells and gates to itself.
"""

from __future__ import annotations

import functools

import torch

Tensor = torch.Tensor
_LSTM = 2  # PyTorch's number of the kind of layer


@functools.cache
def available() -> bool:
    """Whether this PyTorch on this processor can do it."""
    if not torch.backends.mkldnn.is_available():
        return False
    try:
        LSTMPass(torch.zeros(1, 1, 1), torch.zeros(2, 4), torch.zeros(4), torch.zeros(1, 1), torch.zeros(1, 1))
    except (RuntimeError, AttributeError):
        return False
    return True


class LSTMPass:
    """One pass of a sequence ``x`` (steps x batch x inputs) through an LSTM: forward when it is made.

    ``weight`` and ``bias`` as in ``_cells.py``; ``h`` and ``c`` are the state before the first step. All five are
    copied. ``output`` is that of all steps, ``c_last`` the last cell.
    """

    def __init__(self, x: Tensor, weight: Tensor, bias: Tensor, h: Tensor, c: Tensor):
        self.inputs, self.size = x.shape[2], h.shape[1]
        self.x, self.h, self.c = (tensor.clone(memory_format=torch.contiguous_format) for tensor in (x, h, c))
        # oneDNN has two biases
        self.weights = (*self._parts(weight), _reordered(bias), torch.zeros_like(bias))
        self.output, self.h_last, self.c_last, self.workspace = torch.mkldnn_rnn_layer(
            self.x, *self.weights, self.h, self.c, False, [], _LSTM, self.size, 1, True, False, False, True
        )

    def _parts(self, weight: Tensor) -> list[Tensor]:
        """What belongs to input and to output, each as oneDNN has it: a row for each column here."""
        return [_reordered(part).t().contiguous() for part in weight.split((self.inputs, self.size))]

    def parameters(self) -> tuple[Tensor, Tensor]:
        """Weight and bias as they were given."""
        of_x, of_h, bias, _ = self.weights
        return torch.cat((_reordered(of_x.t()), _reordered(of_h.t()))), _reordered(bias)

    def backward(self, gradOutput: Tensor, by_h: Tensor, by_c: Tensor, gradWeight: Tensor, gradBias: Tensor) -> tuple:
        """Add to the parameters' gradients; the gradients by ``x``, ``h`` and ``c``.

        ``by_h`` and ``by_c`` are the gradients by the last output and cell from behind the sequence.
        """
        by_x, of_x, of_h, of_bias, _, by_h, by_c = torch.ops.aten.mkldnn_rnn_layer_backward(
            *(self.x, *self.weights, self.h, self.c, self.output, self.h_last, self.c_last),
            *(gradOutput.contiguous(), by_h.contiguous(), by_c.contiguous()),
            *(False, _LSTM, self.size, 1, True, True, False, [], False, self.workspace),
        )
        gradWeight[: self.inputs].add_(_reordered(of_x.t()))
        gradWeight[self.inputs :].add_(_reordered(of_h.t()))
        gradBias.add_(_reordered(of_bias))
        return by_x, by_h, by_c


def _reordered(gates: Tensor) -> Tensor:
    """The columns (or elements of a vector) of four gates, from our order into oneDNN's or back."""
    i, f, o, proposal = gates.chunk(4, -1)
    return torch.cat((i, f, proposal, o), -1)
