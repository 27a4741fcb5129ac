"""FastLSTM as a graph."""

from __future__ import annotations

from torch7py.nn import (
    Add,
    BatchNormalization,
    CAddTable,
    CMulTable,
    Identity,
    Module,
    Reshape,
    Sigmoid,
    SplitTable,
    Tanh,
)
from torch7py.nngraph import annotateNodes, gModule, node_of
from torch7py.table import Table


def fast_lstm(lstm: Module) -> gModule:
    """The graph {input, output(t-1), cell(t-1)} -> {output, cell} of a FastLSTM, from its ``i2g`` and ``o2g``."""
    size = lstm.outputSize

    def normalization(count: int) -> BatchNormalization:
        module = BatchNormalization(count, lstm.eps, lstm.momentum, lstm.affine)
        module.weight.fill_(0.1)
        return module

    x, prev_h, prev_c = (node_of(Identity()) for _ in range(3))
    if lstm.bn:
        of_x, of_h, of_c = normalization(4 * size), normalization(4 * size), normalization(size)
        i2h = node_of(of_x, node_of(lstm.i2g, x).annotate(Table(name="i2h"))).annotate(Table(name="bn_wx"))
        h2h = node_of(of_h, node_of(lstm.o2g, prev_h).annotate(Table(name="h2h"))).annotate(Table(name="bn_wh"))
        h2h = node_of(Add(4 * size), h2h)
    else:
        i2h = node_of(lstm.i2g, x).annotate(Table(name="i2h"))
        h2h = node_of(lstm.o2g, prev_h).annotate(Table(name="h2h"))
    gates = node_of(Reshape(4, size), node_of(CAddTable(), Table([i2h, h2h])))
    parts = node_of(SplitTable(2), gates).split(4)
    in_gate, proposal, forget_gate, out_gate = (
        node_of(transfer, part) for transfer, part in zip((Sigmoid(), Tanh(), Sigmoid(), Sigmoid()), parts)
    )
    kept = node_of(CMulTable(), Table([forget_gate, prev_c]))
    added = node_of(CMulTable(), Table([in_gate, proposal]))
    next_c = node_of(CAddTable(), Table([kept, added]))
    shown = node_of(of_c, next_c).annotate(Table(name="bn_c")) if lstm.bn else next_c
    next_h = node_of(CMulTable(), Table([out_gate, node_of(Tanh(), shown)]))
    annotateNodes()
    return gModule(Table([x, prev_h, prev_c]), Table([next_h, next_c]))
