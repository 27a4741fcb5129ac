"""Trains an LSTM to write a text, character by character: train.lua, line by line, in Python.

    python train.py
    python train.py -size 128 -layers 2 -epochs 20 -type float
    python train.py -start results/model.t7 -epochs 0 -temperature 0.7

Everything that a run leaves behind goes to the folder -save:
losses.txt (one loss per step), model.t7 and sample.txt.
"""

import os
import sys

import torch7py as torch
from torch7py import Table, nn, nngraph, optim

# --------------------------------------------------------------------
# options
#
here = os.path.dirname(os.path.abspath(__file__))

cmd = torch.CmdLine()
cmd.text()
cmd.text("Character-level language model")
cmd.text()
cmd.text("Options:")
cmd.option("-data", os.path.join(here, "coriolanus.txt"), "text to learn")
cmd.option("-save", "results", "folder for the losses, the trained model and the sample")
cmd.option("-start", "", "model to go on with")
cmd.option("-size", 64, "cells in a layer")
cmd.option("-layers", 2, "layers")
cmd.option("-type", "double", "double | float")
cmd.option("-seed", 123, "seed of the random numbers")
cmd.option("-threads", 1, "number of threads")
cmd.option("-epochs", 5, "passes over the training text")
cmd.option("-steps", 0, "stop after so many steps of each epoch (0: at its end)")
cmd.option("-length", 25, "characters through which gradients go back")
cmd.option("-batchSize", 20, "pieces of the text read side by side")
cmd.option("-learningRate", 4e-3, "learning rate")
cmd.option("-decay", 0.95, "how much rmsprop keeps of its mean of squares")
cmd.option("-clip", 5, "largest element of a gradient")
cmd.option("-dropout", 0, "dropout between the layers")
cmd.option("-sample", 400, "characters to write in the end")
cmd.option("-temperature", 0.8, "lower is more careful")
cmd.text()
opt = cmd.parse(sys.argv[1:])

torch.manualSeed(opt.seed)
torch.setnumthreads(opt.threads)
if opt.type == "float":
    torch.setdefaulttensortype("torch.FloatTensor")
elif opt.type == "double":
    torch.setdefaulttensortype("torch.DoubleTensor")
else:
    raise ValueError("unknown type: " + opt.type)
os.makedirs(opt.save, exist_ok=True)

# --------------------------------------------------------------------
# data: the text as numbers, cut into batchSize pieces read side by side
#
with open(opt.data, encoding="latin-1") as file:
    text = file.read()

# symbols: number -> character; index: character -> number
symbols = Table(sorted(set(text)))
index = {}
for i, character in enumerate(symbols, 1):
    index[character] = i

numbers = torch.LongTensor([index[character] for character in text])


# a set is {x, y}: rows follow each other in time, a column is a piece; y is x one character later
def cut(first, last):
    rows = (last - first) // opt.batchSize
    x = numbers.narrow(1, first, rows * opt.batchSize).view(opt.batchSize, rows).t().contiguous()
    y = numbers.narrow(1, first + 1, rows * opt.batchSize).view(opt.batchSize, rows).t().contiguous()
    return Table(x=x, y=y, batches=rows // opt.length)


border = int(0.95 * len(text))
trainSet = cut(1, border)
testSet = cut(border + 1, len(text))
print(
    f"{len(text)} characters, {len(symbols)} different ones; "
    f"{trainSet.batches} training and {testSet.batches} test batches"
)


# --------------------------------------------------------------------
# model: one step in time, from {symbol, c1, h1, c2, h2, ...} to {c1, h1, c2, h2, ..., log-probabilities}
#
def lstm(x, c, h, inputSize, size, layer):
    fromInput = nn.Linear(inputSize, 4 * size)(x).annotate(name=f"input_{layer}")
    fromState = nn.Linear(size, 4 * size)(h).annotate(name=f"state_{layer}")
    gates = nn.Reshape(4, size)(nn.CAddTable()([fromInput, fromState]))
    i, f, o, g = nn.SplitTable(2)(gates).split(4)
    kept = nn.CMulTable()([nn.Sigmoid()(f), c])
    written = nn.CMulTable()([nn.Sigmoid()(i), nn.Tanh()(g)])
    nextC = nn.CAddTable()([kept, written])
    nextH = nn.CMulTable()([nn.Sigmoid()(o), nn.Tanh()(nextC)])
    return nextC, nextH


def network():
    inputs, outputs = [nn.Identity()()], []
    x = nn.LookupTable(len(symbols), opt.size)(inputs[0])
    for layer in range(1, opt.layers + 1):
        c, h = nn.Identity()(), nn.Identity()()
        inputs.append(c)
        inputs.append(h)
        if opt.dropout > 0 and layer > 1:
            x = nn.Dropout(opt.dropout)(x)
        nextC, nextH = lstm(x, c, h, opt.size, opt.size, layer)
        outputs.append(nextC)
        outputs.append(nextH)
        x = nextH
    scores = nn.Linear(opt.size, len(symbols))(x).annotate(name="decoder")
    outputs.append(nn.LogSoftMax()(scores))
    return nngraph.gModule(inputs, outputs)


if opt.start != "":
    checkpoint = torch.load(opt.start)
    assert "".join(checkpoint.symbols) == "".join(symbols), "the model knows other characters"
    model = checkpoint.model
    opt.size, opt.layers = checkpoint.opt.size, checkpoint.opt.layers
else:
    model = network()
parameters, gradParameters = torch.wrap(model.getParameters())
if opt.start == "":
    parameters.uniform(-0.08, 0.08)
    # a cell that forgets nothing learns sooner: the second quarter of the gates
    for node in model.forwardnodes:
        name = node.data.annotations.name or ""
        if name.startswith("input_"):
            torch.wrap(node.data.module.bias).narrow(1, opt.size + 1, opt.size).fill(1)
print(f"number of parameters: {parameters.nElement()}")

# a copy for each step in time; all share their parameters
models, criterions = {}, {}
for t in range(1, opt.length + 1):
    models[t] = model.clone("weight", "bias", "gradWeight", "gradBias")
    criterions[t] = nn.ClassNLLCriterion()


def zeroState(batchSize):
    state = []
    for _ in range(2 * opt.layers):
        state.append(torch.zeros(batchSize, opt.size))
    return state


# --------------------------------------------------------------------
# training
#
lossFile = open(os.path.join(opt.save, "losses.txt"), "w")
optimState = Table(learningRate=opt.learningRate, alpha=opt.decay)


# the loss of a batch that begins in a certain state, and the state behind it
def forward(set, batch, state):
    states, outputs, loss = {0: state}, {}, 0
    for t in range(1, opt.length + 1):
        row = (batch - 1) * opt.length + t
        output = models[t].forward(Table([set.x[row], *states[t - 1]]))
        *states[t], outputs[t] = output
        loss = loss + criterions[t].forward(outputs[t], set.y[row])[0]
    return loss / opt.length, states, outputs


def backward(set, batch, states, outputs):
    gradState = zeroState(opt.batchSize)  # nothing comes from behind the batch
    for t in range(opt.length, 0, -1):
        row = (batch - 1) * opt.length + t
        gradOutput = criterions[t].backward(outputs[t], set.y[row])
        gradState.append(gradOutput)
        gradInput = models[t].backward(Table([set.x[row], *states[t - 1]]), Table(gradState))
        _, *gradState = gradInput
    gradParameters.div(opt.length)
    gradParameters.clamp(-opt.clip, opt.clip)


def train():
    for t in range(1, opt.length + 1):
        models[t].training()
    state = zeroState(opt.batchSize)
    steps = min(opt.steps, trainSet.batches) if opt.steps > 0 else trainSet.batches
    total = 0
    for batch in range(1, steps + 1):
        # loss and gradient at x
        def feval(x):
            nonlocal state
            if x is not parameters:
                parameters.copy(x)
            gradParameters.zero()
            loss, states, outputs = forward(trainSet, batch, state)
            backward(trainSet, batch, states, outputs)
            # the next batch goes on from here; the tensors are the model's own, which it will overwrite
            state = []
            for tensor in states[opt.length]:
                state.append(tensor.clone())
            return loss, gradParameters

        _, losses = optim.rmsprop(feval, parameters, optimState)
        lossFile.write(f"{losses[1]:.17g}\n")
        total = total + losses[1]
    return total / steps


def test():
    for t in range(1, opt.length + 1):
        models[t].evaluate()
    state, total = zeroState(opt.batchSize), 0
    for batch in range(1, testSet.batches + 1):
        loss, states, _ = forward(testSet, batch, state)
        state = states[opt.length]
        total = total + loss
    return total / testSet.batches


timer = torch.Timer()
for epoch in range(1, opt.epochs + 1):
    trainLoss = train()
    print(f"epoch {epoch:2d}   loss {trainLoss:.10f}   test {test():.10f}")
lossFile.close()
print(f"trained in {timer.time().real:.1f} seconds")

# --------------------------------------------------------------------
# checkpoint: save, load again, and let what was loaded write
#
filename = os.path.join(opt.save, "model.t7")
torch.save(filename, Table(model=model.clearState(), symbols=symbols, opt=opt))
checkpoint = torch.load(filename)


def sample(network, count):
    network.evaluate()
    state, written = zeroState(1), []
    symbol = torch.LongTensor([index.get("\n", 1)])
    for _ in range(count):
        output = network.forward(Table([symbol, *state]))
        *state, scores = output
        probabilities = torch.exp(scores / opt.temperature).squeeze()
        probabilities.div(probabilities.sum())
        symbol = torch.multinomial(probabilities, 1)
        written.append(checkpoint.symbols[symbol[1]])
    return "".join(written)


written = sample(checkpoint.model, opt.sample)
with open(os.path.join(opt.save, "sample.txt"), "w", encoding="latin-1") as sampleFile:
    sampleFile.write(written + "\n")
print("----------------")
print(written)
