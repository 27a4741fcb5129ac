"""A layer of LSTM over whole sequences, forward and backward: SeqLSTM here, torch.nn.LSTM in PyTorch."""

from __future__ import annotations

import torch
from steps import Benchmark, timed

from torch7py import rnn

LENGTH, BATCH, INPUTS, OUTPUTS = 50, 32, 128, 256


def _sequence(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(LENGTH, BATCH, INPUTS, dtype=dtype), torch.randn(LENGTH, BATCH, OUTPUTS, dtype=dtype)


def torch7_lstm(dtype: torch.dtype) -> Benchmark:
    lstm = rnn.SeqLSTM(INPUTS, OUTPUTS)
    lstm.type("torch.FloatTensor" if dtype is torch.float32 else "torch.DoubleTensor")
    x, by_output = _sequence(dtype)

    def step():
        lstm.zeroGradParameters()
        lstm.forward(x)
        lstm.backward(x, by_output)

    return timed(step)


def pytorch_lstm(dtype: torch.dtype) -> Benchmark:
    lstm = torch.nn.LSTM(INPUTS, OUTPUTS).to(dtype)
    x, by_output = _sequence(dtype)
    x.requires_grad_()

    def step():
        lstm.zero_grad()
        x.grad = None
        lstm(x)[0].backward(by_output)

    return timed(step)
