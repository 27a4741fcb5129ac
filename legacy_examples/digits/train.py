"""Trains a small network on handwritten digits of 8x8 pixels: train.lua, line by line, in Python.

    python train.py                       a convolutional network
    python train.py -model mlp -type float

Everything that a run leaves behind goes to the folder -save:
losses.txt (one loss per step), train.log, test.log and model.t7.
"""

import os
import sys

import torch7py as torch
from torch7py import Table, nn, optim
from torch7py.classes import register

# --------------------------------------------------------------------
# options
#
here = os.path.dirname(os.path.abspath(__file__))

cmd = torch.CmdLine()
cmd.text()
cmd.text("Handwritten digits")
cmd.text()
cmd.text("Options:")
cmd.option("-data", os.path.join(here, "digits.t7"), "data set")
cmd.option("-save", "results", "folder for logs and the trained model")
cmd.option("-model", "convnet", "mlp | convnet")
cmd.option("-type", "double", "double | float")
cmd.option("-seed", 123, "seed of the random numbers")
cmd.option("-threads", 1, "number of threads")
cmd.option("-epochs", 15, "passes over the training set")
cmd.option("-batchSize", 10, "samples per step")
cmd.option("-learningRate", 0.2, "learning rate")
cmd.option("-learningRateDecay", 1e-3, "decay of the learning rate with each step")
cmd.option("-momentum", 0.9, "momentum")
cmd.option("-weightDecay", 0, "weight decay")
cmd.option("-dropout", 0.5, "dropout before the last layer")
cmd.option("-progress", False, "show a progress bar")
cmd.option("-plot", False, "plot the accuracies")
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
# data: bytes 0..16, n x 1 x 8 x 8; labels 1..10 for the digits 0..9
#
classes = Table(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
stored = torch.wrap(torch.load(opt.data))


class Dataset:
    def __init__(self, set):
        self.data = set.data.type(torch.getdefaulttensortype()).div(16)
        self.labels = set.labels.type(torch.getdefaulttensortype())

    def size(self):
        return self.data.size(1)


trainData = Dataset(stored.train)
testData = Dataset(stored.test)
print(f"{trainData.size()} training and {testData.size()} test images")


# --------------------------------------------------------------------
# a layer of our own: y = scale * (x - mean of the sample's pixels)
#
@register("nn.Center")
class Center(nn.Module):
    def __init__(self, scale=1):
        super().__init__()
        self.scale = scale
        self.mean = torch.Tensor().tensor

    # subtracting the mean is a projection, so output and gradient take the same way
    def project(self, result, x):
        rows = x.view(x.size(0), -1)
        torch.mean(self.mean, rows, 2)
        result.resize_as_(x).copy_(x)
        result.view(x.size(0), -1).add_(self.mean, alpha=-1).mul_(self.scale)
        return result

    def updateOutput(self, input):
        return self.project(self.output, input)

    def updateGradInput(self, input, gradOutput):
        return self.project(self.gradInput, gradOutput)

    def __tostring__(self):
        return f"nn.Center({self.scale:g})"


# --------------------------------------------------------------------
# model
#
model = nn.Sequential()
model.add(Center(2))

if opt.model == "mlp":
    model.add(nn.Reshape(64))
    model.add(nn.Linear(64, 64))
    model.add(nn.Tanh())
elif opt.model == "convnet":
    # stage 1: 8x8 -> 4x4
    model.add(nn.SpatialConvolution(1, 16, 3, 3, 1, 1, 1, 1))
    model.add(nn.Tanh())
    model.add(nn.SpatialMaxPooling(2, 2, 2, 2))
    # stage 2: 4x4 -> 2x2
    model.add(nn.SpatialConvolution(16, 32, 3, 3, 1, 1, 1, 1))
    model.add(nn.Tanh())
    model.add(nn.SpatialMaxPooling(2, 2, 2, 2))
    # stage 3
    model.add(nn.View(32 * 2 * 2))
    model.add(nn.Linear(32 * 2 * 2, 64))
    model.add(nn.Tanh())
else:
    raise ValueError("unknown model: " + opt.model)
model.add(nn.Dropout(opt.dropout))
model.add(nn.Linear(64, len(classes)))
model.add(nn.LogSoftMax())

criterion = nn.ClassNLLCriterion()
parameters, gradParameters = torch.wrap(model.getParameters())

print(model)
print(f"number of parameters: {parameters.nElement()}")

# --------------------------------------------------------------------
# training
#
confusion = optim.ConfusionMatrix(classes)
trainLogger = optim.Logger(os.path.join(opt.save, "train.log"))
testLogger = optim.Logger(os.path.join(opt.save, "test.log"))
lossFile = open(os.path.join(opt.save, "losses.txt"), "w")

optimState = Table(
    learningRate=opt.learningRate,
    learningRateDecay=opt.learningRateDecay,
    momentum=opt.momentum,
    weightDecay=opt.weightDecay,
)


def train():
    model.training()
    confusion.zero()
    shuffle = torch.randperm(trainData.size())
    total, steps = 0, 0

    for t in range(1, trainData.size() + 1, opt.batchSize):
        if opt.progress:
            print(f"\r{t} of {trainData.size()}", end="", flush=True)

        # collect the batch
        size = min(opt.batchSize, trainData.size() - t + 1)
        inputs = torch.Tensor(size, 1, 8, 8)
        targets = torch.Tensor(size)
        for i in range(1, size + 1):
            index = shuffle[t + i - 1]
            inputs[i].copy(trainData.data[index])
            targets[i] = trainData.labels[index]

        # loss and gradient at x
        def feval(x):
            if x is not parameters:
                parameters.copy(x)
            gradParameters.zero()
            outputs = model.forward(inputs)
            loss, _ = criterion.forward(outputs, targets)
            model.backward(inputs, criterion.backward(outputs, targets))
            confusion.batchAdd(outputs, targets)
            return loss, gradParameters

        _, losses = optim.sgd(feval, parameters, optimState)
        lossFile.write(f"{losses[1]:.17g}\n")
        total = total + losses[1]
        steps = steps + 1

    if opt.progress:
        print()
    confusion.updateValids()
    trainLogger.add({"% mean class accuracy (train set)": confusion.totalValid * 100})
    return total / steps


def test(network):
    network.evaluate()
    confusion.zero()
    for t in range(1, testData.size() + 1, opt.batchSize):
        size = min(opt.batchSize, testData.size() - t + 1)
        outputs = network.forward(testData.data.narrow(1, t, size))
        confusion.batchAdd(outputs, testData.labels.narrow(1, t, size))
    confusion.updateValids()
    return confusion.totalValid * 100


timer = torch.Timer()
for epoch in range(1, opt.epochs + 1):
    loss = train()
    trainAccuracy = confusion.totalValid * 100
    testAccuracy = test(model)
    testLogger.add({"% mean class accuracy (test set)": testAccuracy})
    print(f"epoch {epoch:2d}   loss {loss:.10f}   training {trainAccuracy:6.2f} %   test {testAccuracy:6.2f} %")
lossFile.close()
print(f"trained in {timer.time().real:.1f} seconds")

# --------------------------------------------------------------------
# checkpoint: save, load again, and test what was loaded
#
filename = os.path.join(opt.save, "model.t7")
torch.save(filename, Table(model=model.clearState(), classes=classes, opt=opt))
checkpoint = torch.load(filename)
accuracy = test(checkpoint.model)

print(confusion)
print(f"test accuracy of the saved model: {accuracy:.2f} %")

if opt.plot:
    for logger in (trainLogger, testLogger):
        logger.style(["-"])
        logger.plot()
