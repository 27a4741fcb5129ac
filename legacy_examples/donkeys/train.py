"""Trains a small network on handwritten digits, which threads distort while it trains: train.lua in Python.

    python train.py
    python train.py -nDonkeys 4 -epochs 20

Leaves the loss of each step in losses.txt in the folder -save.
"""

import os
import sys

import data

import torch7py as torch
from torch7py import Table, nn, optim

here = os.path.dirname(os.path.abspath(__file__))

cmd = torch.CmdLine()
cmd.text()
cmd.text("Distorted digits")
cmd.text()
cmd.text("Options:")
cmd.option("-data", os.path.join(here, "..", "digits", "digits.t7"), "data set")
cmd.option("-save", "results", "folder for the losses")
cmd.option("-nDonkeys", 2, "threads that prepare batches")
cmd.option("-seed", 123, "seed of the random numbers")
cmd.option("-epochs", 10, "passes over the training set")
cmd.option("-batchSize", 20, "samples per step")
cmd.option("-learningRate", 0.1, "learning rate")
cmd.option("-momentum", 0.9, "momentum")
cmd.text()
opt = cmd.parse(sys.argv[1:])

torch.manualSeed(opt.seed)
torch.setnumthreads(1)
os.makedirs(opt.save, exist_ok=True)
donkeys = data.Donkeys(opt.nDonkeys)

# --------------------------------------------------------------------
# data: bytes 0..16, n x 1 x 8 x 8; labels 1..10 for the digits 0..9
#
stored = torch.wrap(torch.load(opt.data))
testData, testLabels = stored.test.data.double().div(16), stored.test.labels.double()
count = stored.train.data.size(1)
print(f"{count} training and {testData.size(1)} test images")

# --------------------------------------------------------------------
# model
#
model = nn.Sequential()
model.add(nn.SpatialConvolution(1, 8, 3, 3, 1, 1, 1, 1))
model.add(nn.ReLU())
model.add(nn.SpatialMaxPooling(2, 2, 2, 2))
model.add(nn.View(8 * 4 * 4))
model.add(nn.Linear(8 * 4 * 4, 32))
model.add(nn.Tanh())
model.add(nn.Linear(32, 10))
model.add(nn.LogSoftMax())
criterion = nn.ClassNLLCriterion()
parameters, gradParameters = torch.wrap(model.getParameters())

# --------------------------------------------------------------------
# training
#
confusion = optim.ConfusionMatrix(10)
lossFile = open(os.path.join(opt.save, "losses.txt"), "w")
optimState = Table(learningRate=opt.learningRate, momentum=opt.momentum)


def train(epoch):
    model.training()
    total, steps = 0, 0
    order = torch.randperm(count).long()
    seed = opt.seed + 1000 * epoch
    for inputs, targets in donkeys.batches(stored.train.data, stored.train.labels, order, opt.batchSize, seed):

        def feval(x):
            gradParameters.zero()
            outputs = model.forward(inputs)
            loss, _ = criterion.forward(outputs, targets)
            model.backward(inputs, criterion.backward(outputs, targets))
            return loss, gradParameters

        _, losses = optim.sgd(feval, parameters, optimState)
        lossFile.write(f"{losses[1]:.17g}\n")
        total, steps = total + losses[1], steps + 1
    return total / steps


def test():
    model.evaluate()
    confusion.zero()
    confusion.batchAdd(model.forward(testData), testLabels)
    confusion.updateValids()
    return confusion.totalValid * 100


for epoch in range(1, opt.epochs + 1):
    loss = train(epoch)
    print(f"epoch {epoch:2d}   loss {loss:.10f}   test {test():6.2f} %")
lossFile.close()
donkeys.stop()
