"""Takes the noise out of a photograph: denoise.lua, line by line, in Python.

    python denoise.py                     hopper.jpg, with noise added
    python denoise.py -noise 0.2 -weight 0.16

The sought image x is close to the noisy one, y, and has few edges:

    f(x) = 1/2 |x - y|^2 + weight * sum |gradient of x|

What a run leaves behind goes to the folder -save: losses.txt (one
loss for each evaluation), denoised.png, and comparison.png.
"""

import math
import os
import sys

import torch7py as torch
from torch7py import Table, image, nn, optim
from torch7py.classes import register

# --------------------------------------------------------------------
# options
#
here = os.path.dirname(os.path.abspath(__file__))

cmd = torch.CmdLine()
cmd.text()
cmd.text("Total variation denoising")
cmd.text()
cmd.text("Options:")
cmd.option("-image", os.path.join(here, "hopper.jpg"), "photograph")
cmd.option("-save", "results", "folder for losses and images")
cmd.option("-size", 192, "size of the longer side that the photograph is scaled to")
cmd.option("-noise", 0.1, "standard deviation of the noise")
cmd.option("-weight", 0.08, "weight of the total variation")
cmd.option("-iterations", 60, "iterations of L-BFGS")
cmd.option("-type", "double", "double | float")
cmd.option("-seed", 123, "seed of the random numbers")
cmd.option("-threads", 1, "number of threads")
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
# a criterion of our own: the total variation of an image
#
@register("nn.TVCriterion")
class TVCriterion(nn.Criterion):
    def __init__(self, weight=1, epsilon=0.02):
        super().__init__()
        self.weight = weight
        self.epsilon = epsilon  # rounds off the corner of |x| at 0
        self.dx = torch.Tensor()
        self.dy = torch.Tensor()
        self.norm = torch.Tensor()

    # all pixels but the last row and column: they, those to the right, those below
    def parts(self, x):
        h, w = x.size(2) - 1, x.size(3) - 1
        return x.narrow(2, 1, h).narrow(3, 1, w), x.narrow(2, 1, h).narrow(3, 2, w), x.narrow(2, 2, h).narrow(3, 1, w)

    def updateOutput(self, input, _):
        here, right, below = self.parts(torch.wrap(input))
        self.dx.resizeAs(here).copy(right).add(-1, here)
        self.dy.resizeAs(here).copy(below).add(-1, here)
        self.norm.resizeAs(here).fill(self.epsilon * self.epsilon)
        self.norm.addcmul(self.dx, self.dx).addcmul(self.dy, self.dy).sqrt()
        self.output = self.weight * self.norm.sum()
        return self.output

    # called after updateOutput: dx, dy and norm are those of the input
    def updateGradInput(self, input, _):
        gradInput = torch.wrap(self.gradInput)
        gradInput.resizeAs(torch.wrap(input)).zero()
        here, right, below = self.parts(gradInput)
        self.dx.cdiv(self.norm).mul(self.weight)
        self.dy.cdiv(self.norm).mul(self.weight)
        here.add(-1, self.dx).add(-1, self.dy)
        right.add(self.dx)
        below.add(self.dy)
        return self.gradInput


# --------------------------------------------------------------------
# images
#
def psnr(x, truth):
    mse = torch.dist(x, truth) ** 2 / truth.nElement()
    return -10 * math.log(mse) / math.log(10)


photo = image.scale(image.load(opt.image, 3), opt.size)
noisy = photo + torch.randn(photo.size()).mul(opt.noise)
print(f"{os.path.basename(opt.image)}: {photo.size(3)} x {photo.size(2)} pixels, noise {opt.noise:g}")

# what everybody tries first
kernel = image.gaussian(size=5, sigma=0.2, normalize=True)
blurred = image.convolve(noisy, kernel, "same")

# --------------------------------------------------------------------
# optimisation, on luminance and colour differences
#
target = image.rgb2yuv(noisy)
x = target.clone()
fidelity = nn.MSECriterion()
fidelity.sizeAverage = False  # |x - y|^2
variation = TVCriterion(opt.weight)

lossFile = open(os.path.join(opt.save, "losses.txt"), "w")
gradient = torch.Tensor()
calls = 0


def feval(parameters):
    global calls
    current = parameters.viewAs(target)
    loss = fidelity.forward(current, target) / 2 + variation.forward(current)
    gradient.resizeAs(target).copy(fidelity.backward(current, target)).div(2)
    gradient.add(variation.backward(current))
    calls = calls + 1
    lossFile.write(f"{loss:.17g}\n")
    if calls % 10 == 0:
        print(f"evaluation {calls:3d}   loss {loss:.6f}")
    return loss, gradient.view(-1)


state = Table(maxIter=opt.iterations, learningRate=1, nCorrection=10, tolFun=1e-7, lineSearch=optim.lswolfe)
_, losses, *_ = optim.lbfgs(feval, x.view(-1), state)
lossFile.close()
print(f"loss {losses[1]:.6f} -> {losses[len(losses)]:.6f} in {calls} evaluations")

# --------------------------------------------------------------------
# results
#
denoised = image.yuv2rgb(x)
pictures = [photo, noisy, blurred, denoised]
names = ["photograph", "noisy", "blurred", "total variation"]
for i, picture in enumerate(pictures):
    label = names[i]
    if i > 0:
        quality = psnr(picture, photo)
        print(f"{names[i]:16} {quality:.4f} dB")
        label = f"{label}\n{quality:.1f} dB"
    pictures[i] = image.drawText(picture, label, 4, 4, Table(color=[255, 255, 0], bg=[0, 0, 0]))
image.save(os.path.join(opt.save, "denoised.png"), denoised)
grid = image.toDisplayTensor(input=pictures, nrow=2, padding=2, min=0, max=1)
image.save(os.path.join(opt.save, "comparison.png"), grid)
