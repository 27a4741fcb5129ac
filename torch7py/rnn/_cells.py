"""LSTM and GRU over whole sequences, forward and backward.

Sizes: ``x`` is steps x batch x inputs; ``h`` and ``c`` are batch x outputs and batch x cells; ``weight`` holds the
rows for the input, then those for the last output. The products with the input are done for all steps at once; so are
all products by which parameters and input get their gradients.
"""

from __future__ import annotations

import torch

Tensor = torch.Tensor
sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
tanh_backward = torch.ops.aten.tanh_backward.grad_input


def _input_products(x: Tensor, weight: Tensor, bias: Tensor, gates: Tensor) -> None:
    """Let ``gates`` hold ``x * weight + bias`` for all steps."""
    rows = x.reshape(-1, x.shape[2])
    torch.addmm(bias, rows, weight[: x.shape[2]], out=gates.view(len(rows), -1))


def _input_gradients(x: Tensor, weight: Tensor, by_gates: Tensor, by_x: Tensor, gradWeight: Tensor, gradBias: Tensor):
    """The gradients by input and bias, and of the input's rows of the weights, from those by the gates."""
    inputs, rows = x.shape[2], by_gates.view(-1, by_gates.shape[2])
    torch.mm(rows, weight[:inputs].t(), out=by_x.view(-1, inputs))
    gradWeight[:inputs].addmm_(x.reshape(-1, inputs).t(), rows)
    gradBias.add_(rows.sum(0))


def _add_products(total: Tensor, first: Tensor, others: Tensor, by_gates: Tensor) -> None:
    """Add to ``total`` the sum over all steps of what came in, ``first`` and then ``others``, times the gradients."""
    total.addmm_(first.t(), by_gates[0])
    total.addmm_(others[:-1].reshape(-1, others.shape[2]).t(), by_gates[1:].reshape(-1, by_gates.shape[2]))


def _mask(blank: Tensor, *tensors: Tensor) -> None:
    """Zero the samples of one step that are blank."""
    for tensor in tensors:
        tensor.masked_fill_(blank.unsqueeze(1), 0)


# --- LSTM: the gates are input, forget, output, and the proposal for the cell


def lstm_forward(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    h: Tensor,
    c: Tensor,
    output: Tensor,
    cell: Tensor,
    gates: Tensor,
    blank: Tensor | None = None,
    projection: Tensor | None = None,
    hidden: Tensor | None = None,
) -> None:
    """Fill ``output``, ``cell`` and ``gates`` (steps x batch x ...).

    ``blank`` (steps x batch) says which samples to zero at which steps. With a ``projection`` (cells x outputs) the
    output is ``hidden``, to be filled too, times it.
    """
    size = cell.shape[2]
    _input_products(x, weight, bias, gates)
    recurrent = weight[x.shape[2] :]
    for step, gate in enumerate(gates.unbind(0)):
        gate.addmm_(h, recurrent)
        gate[:, : 3 * size].sigmoid_()
        i, f, o, proposal = gate.chunk(4, 1)
        c = torch.mul(f, c, out=cell[step]).addcmul_(i, proposal.tanh_())
        if projection is None:
            h = torch.tanh(c, out=output[step]).mul_(o)
        else:
            h = torch.mm(torch.tanh(c, out=hidden[step]).mul_(o), projection, out=output[step])
        if blank is not None:
            _mask(blank[step], h, c, gate)


def lstm_backward(
    x: Tensor,
    weight: Tensor,
    h: Tensor,
    c: Tensor,
    output: Tensor,
    cell: Tensor,
    gates: Tensor,
    gradOutput: Tensor,
    by_h: Tensor,
    by_c: Tensor,
    by_x: Tensor,
    gradWeight: Tensor,
    gradBias: Tensor,
    blank: Tensor | None = None,
    projection: Tensor | None = None,
    hidden: Tensor | None = None,
    gradProjection: Tensor | None = None,
) -> None:
    """Fill ``by_x`` and add to the parameters' gradients. ``by_h`` and ``by_c`` are the gradients by the last output
    and cell from behind the sequence, and become those by the first ones.
    """
    steps, batch, size = cell.shape
    i, f, o, proposal = gates.chunk(4, 2)
    tanh_c = cell.tanh()
    # what the gradients by cell (for the output gate: by output) are to be multiplied with
    by_gates = torch.empty_like(gates)
    to_i, to_f, to_o, to_proposal = by_gates.chunk(4, 2)
    sigmoid_backward(proposal, i, grad_input=to_i)
    sigmoid_backward(c, f[0], grad_input=to_f[0])
    sigmoid_backward(cell[:-1], f[1:], grad_input=to_f[1:])
    sigmoid_backward(tanh_c, o, grad_input=to_o)
    tanh_backward(i, proposal, grad_input=to_proposal)
    to_cell = torch.ops.aten.tanh_backward(o, tanh_c)
    recurrent = weight[x.shape[2] :].t()
    by_hidden = by_h
    for step in range(steps - 1, -1, -1):
        by_h.add_(gradOutput[step])
        if blank is not None and projection is not None:
            _mask(blank[step], by_h)
        if projection is not None:
            gradProjection.addmm_(hidden[step].t(), by_h)
            by_hidden = by_h.mm(projection.t())
        by_c.addcmul_(by_hidden, to_cell[step])
        gate = by_gates[step].view(batch, 4, size)
        gate[:, :2].mul_(by_c.unsqueeze(1))
        gate[:, 2].mul_(by_hidden)
        gate[:, 3].mul_(by_c)
        torch.mm(by_gates[step], recurrent, out=by_h)
        by_c.mul_(f[step])
    _input_gradients(x, weight, by_gates, by_x, gradWeight, gradBias)
    _add_products(gradWeight[x.shape[2] :], h, output, by_gates)


# --- GRU: the gates are reset, update, and the proposal for the output


def gru_forward(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    h: Tensor,
    output: Tensor,
    gates: Tensor,
    blank: Tensor | None = None,
) -> None:
    """Fill ``output`` and ``gates`` (steps x batch x ...). ``blank`` as for :func:`lstm_forward`."""
    size = output.shape[2]
    _input_products(x, weight, bias, gates)
    of_gates, of_proposal = weight[x.shape[2] :].split((2 * size, size), 1)
    for step, gate in enumerate(gates.unbind(0)):
        both, proposal = gate.split((2 * size, size), 1)
        reset, update = both.addmm_(h, of_gates).sigmoid_().chunk(2, 1)
        proposal.addmm_(reset * h, of_proposal).tanh_()
        h = torch.lerp(proposal, h, update, out=output[step])
        if blank is not None:
            _mask(blank[step], h, gate)


def gru_backward(
    x: Tensor,
    weight: Tensor,
    h: Tensor,
    output: Tensor,
    gates: Tensor,
    gradOutput: Tensor,
    by_h: Tensor,
    by_x: Tensor,
    gradWeight: Tensor,
    gradBias: Tensor,
    blank: Tensor | None = None,
) -> None:
    """Fill ``by_x`` and add to the parameters' gradients. ``by_h`` is the gradient by the last output from behind the
    sequence, and becomes that by ``h``.
    """
    size = output.shape[2]
    before = torch.cat((h.unsqueeze(0), output[:-1]))
    reset, update, proposal = gates.chunk(3, 2)
    # what the gradients are to be multiplied with
    by_gates = torch.empty_like(gates)
    to_reset, to_update, to_proposal = by_gates.chunk(3, 2)
    sigmoid_backward(before, reset, grad_input=to_reset)
    sigmoid_backward(before - proposal, update, grad_input=to_update)
    tanh_backward(1 - update, proposal, grad_input=to_proposal)
    of_gates, of_proposal = weight[x.shape[2] :].t().split((2 * size, size), 0)
    for step in range(len(x) - 1, -1, -1):
        by_h.add_(gradOutput[step])
        if blank is not None:
            _mask(blank[step], by_h)
        by_product = to_proposal[step].mul_(by_h).mm(of_proposal)
        to_reset[step].mul_(by_product)
        to_update[step].mul_(by_h)
        by_h.mul_(update[step]).addcmul_(by_product, reset[step])
        by_h.addmm_(by_gates[step, :, : 2 * size], of_gates)
    _input_gradients(x, weight, by_gates, by_x, gradWeight, gradBias)
    recurrent, rows = gradWeight[x.shape[2] :], by_gates.view(-1, 3 * size)
    recurrent[:, : 2 * size].addmm_(before.view(-1, size).t(), rows[:, : 2 * size])
    recurrent[:, 2 * size :].addmm_((before * reset).view(-1, size).t(), rows[:, 2 * size :])
