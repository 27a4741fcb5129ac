"""The same training as train.lua, written as a PyTorch program is today: torch.nn modules, autograd, torch.optim.

    python train_pytorch.py
    torch7py check train.lua train_pytorch.py -- -dropout 0

Only the data file and the random numbers (initial weights, order of the samples) still come from torch7py, so that the
two can be compared. Dropout is PyTorch's own.
"""

import argparse
import os

import torch
from torch import nn

import torch7py

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument("-data", default=os.path.join(here, "digits.t7"), help="data set")
parser.add_argument("-save", default="results", help="folder for the trained model")
parser.add_argument("-seed", type=int, default=123, help="seed of the random numbers")
parser.add_argument("-epochs", type=int, default=15, help="passes over the training set")
parser.add_argument("-batchSize", type=int, default=10, help="samples per step")
parser.add_argument("-learningRate", type=float, default=0.2, help="learning rate")
parser.add_argument("-learningRateDecay", type=float, default=1e-3, help="decay of the learning rate with each step")
parser.add_argument("-momentum", type=float, default=0.9, help="momentum")
parser.add_argument("-weightDecay", type=float, default=0, help="weight decay")
parser.add_argument("-dropout", type=float, default=0.5, help="dropout before the last layer")
opt = parser.parse_args()

torch.manual_seed(opt.seed)
torch7py.manualSeed(opt.seed)
torch.set_default_dtype(torch.float64)
os.makedirs(opt.save, exist_ok=True)


class Center(nn.Module):
    """y = scale * (x - mean of the sample's pixels)"""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x):
        return self.scale * (x - x.mean((1, 2, 3), keepdim=True))


@torch.no_grad()
def draw(layer):
    """Draw the parameters of a layer as Torch7 does: uniformly from +-1 / sqrt(number of inputs)."""
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        bound = layer.weight[0].numel() ** -0.5
        for parameter in layer.parameters():
            parameter.copy_(torch7py.Tensor(*parameter.shape).uniform(-bound, bound).tensor)


def images(stored):
    """Pixels from 0 to 1, and classes from 0."""
    return stored.data.double() / 16, stored.labels.long() - 1


stored = torch7py.load(opt.data)
data, labels = images(stored.train)
test_data, test_labels = images(stored.test)

model = nn.Sequential(
    Center(2),
    nn.Conv2d(1, 16, 3, padding=1),
    nn.Tanh(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.Tanh(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(128, 64),
    nn.Tanh(),
    nn.Dropout(opt.dropout),
    nn.Linear(64, 10),
)
for layer in model:
    draw(layer)
criterion = nn.CrossEntropyLoss()
# Torch7's momentum averages: what PyTorch calls dampening is there as large as the momentum
optimizer = torch.optim.SGD(
    model.parameters(),
    lr=opt.learningRate,
    momentum=opt.momentum,
    dampening=opt.momentum,
    weight_decay=opt.weightDecay,
)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step * opt.learningRateDecay))


@torch.no_grad()
def test(network):
    """How many of a hundred test images are recognised."""
    network.eval()
    right = 0
    for x, y in zip(test_data.split(opt.batchSize), test_labels.split(opt.batchSize)):
        right += (network(x).argmax(1) == y).sum().item()
    return 100 * right / len(test_data)


for epoch in range(1, opt.epochs + 1):
    model.train()
    losses = []
    order = torch7py.randperm(len(data)).tensor.long() - 1
    for chosen in order.split(opt.batchSize):
        loss = criterion(model(data[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    print(f"epoch {epoch:2d}   loss {sum(losses) / len(losses):.10f}   test {test(model):6.2f} %")

filename = os.path.join(opt.save, "model.pt")
torch.save(model.state_dict(), filename)
model.load_state_dict(torch.load(filename))
print(f"test accuracy of the saved model: {test(model):.2f} %")
