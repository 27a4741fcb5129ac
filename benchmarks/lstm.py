"""The character LSTM of ``lstm.lua`` in idiomatic PyTorch: autograd, ``torch.optim``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from steps import Benchmark, timed

SIZE, LAYERS, LENGTH, BATCH, SYMBOLS = 128, 2, 25, 50, 65


class Cell(torch.nn.Module):
    """One layer: the new states of an input and the states before."""

    def __init__(self, inputs: int):
        super().__init__()
        self.i2h = torch.nn.Linear(inputs, 4 * SIZE)
        self.h2h = torch.nn.Linear(SIZE, 4 * SIZE)

    def forward(self, x, c, h):
        i, f, o, g = (self.i2h(x) + self.h2h(h)).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return c, torch.sigmoid(o) * torch.tanh(c)


class CharLSTM(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = torch.nn.ModuleList(Cell(SYMBOLS if layer == 0 else SIZE) for layer in range(LAYERS))
        self.decoder = torch.nn.Linear(SIZE, SYMBOLS)

    def forward(self, symbols, states):
        """The scores of the next symbol for each step of ``symbols`` (length x batch), from these states on."""
        scores = []
        for x in F.one_hot(symbols, SYMBOLS).to(self.decoder.weight.dtype):
            states = list(states)
            for layer, cell in enumerate(self.cells):
                states[layer] = cell(x, *states[layer])
                x = states[layer][1]
            scores.append(self.decoder(x))
        return scores


def pytorch_lstm(dtype: torch.dtype) -> Benchmark:
    """Training steps as PyTorch's own programs do them."""
    model = CharLSTM().to(dtype)
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, -0.08, 0.08)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3, alpha=0.95)
    x, y = (torch.randint(SYMBOLS, (LENGTH, BATCH)) for _ in range(2))
    zeros = torch.zeros(BATCH, SIZE, dtype=dtype)
    states = [(zeros, zeros)] * LAYERS

    def step():
        optimizer.zero_grad()
        loss = sum(F.cross_entropy(score, target) for score, target in zip(model(x, states), y)) / LENGTH
        loss.backward()
        torch.nn.utils.clip_grad_value_(model.parameters(), 5)
        optimizer.step()
        return loss.item()

    return timed(step)
