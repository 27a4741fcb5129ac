----------------------------------------------------------------------
-- Takes the noise out of a photograph: total variation, by L-BFGS.
--
--    th denoise.lua                        hopper.jpg, with noise added
--    th denoise.lua -noise 0.2 -weight 0.16
--
-- The sought image x is close to the noisy one, y, and has few edges:
--
--    f(x) = 1/2 |x - y|^2 + weight * sum |gradient of x|
--
-- What a run leaves behind goes to the folder -save: losses.txt (one
-- loss for each evaluation), denoised.png, and comparison.png.
----------------------------------------------------------------------
require 'torch'
require 'nn'
require 'optim'
require 'image'
require 'paths'

----------------------------------------------------------------------
-- options
--
local here = paths.dirname(paths.thisfile())

local cmd = torch.CmdLine()
cmd:text()
cmd:text('Total variation denoising')
cmd:text()
cmd:text('Options:')
cmd:option('-image', paths.concat(here, 'hopper.jpg'), 'photograph')
cmd:option('-save', 'results', 'folder for losses and images')
cmd:option('-size', 192, 'size of the longer side that the photograph is scaled to')
cmd:option('-noise', 0.1, 'standard deviation of the noise')
cmd:option('-weight', 0.08, 'weight of the total variation')
cmd:option('-iterations', 60, 'iterations of L-BFGS')
cmd:option('-type', 'double', 'double | float')
cmd:option('-seed', 123, 'seed of the random numbers')
cmd:option('-threads', 1, 'number of threads')
cmd:text()
local opt = cmd:parse(arg or {})

torch.manualSeed(opt.seed)
torch.setnumthreads(opt.threads)
if opt.type == 'float' then
   torch.setdefaulttensortype('torch.FloatTensor')
elseif opt.type == 'double' then
   torch.setdefaulttensortype('torch.DoubleTensor')
else
   error('unknown type: ' .. opt.type)
end
paths.mkdir(opt.save)

----------------------------------------------------------------------
-- a criterion of our own: the total variation of an image
--
local TV, parent = torch.class('nn.TVCriterion', 'nn.Criterion')

function TV:__init(weight, epsilon)
   parent.__init(self)
   self.weight = weight or 1
   self.epsilon = epsilon or 0.02 -- rounds off the corner of |x| at 0
   self.dx = torch.Tensor()
   self.dy = torch.Tensor()
   self.norm = torch.Tensor()
end

-- all pixels but the last row and column: they, those to the right, those below
function TV:parts(x)
   local h, w = x:size(2) - 1, x:size(3) - 1
   return x:narrow(2, 1, h):narrow(3, 1, w), x:narrow(2, 1, h):narrow(3, 2, w), x:narrow(2, 2, h):narrow(3, 1, w)
end

function TV:updateOutput(input)
   local here, right, below = self:parts(input)
   self.dx:resizeAs(here):copy(right):add(-1, here)
   self.dy:resizeAs(here):copy(below):add(-1, here)
   self.norm:resizeAs(here):fill(self.epsilon * self.epsilon)
   self.norm:addcmul(self.dx, self.dx):addcmul(self.dy, self.dy):sqrt()
   self.output = self.weight * self.norm:sum()
   return self.output
end

-- called after updateOutput: dx, dy and norm are those of the input
function TV:updateGradInput(input)
   self.gradInput:resizeAs(input):zero()
   local here, right, below = self:parts(self.gradInput)
   self.dx:cdiv(self.norm):mul(self.weight)
   self.dy:cdiv(self.norm):mul(self.weight)
   here:add(-1, self.dx):add(-1, self.dy)
   right:add(self.dx)
   below:add(self.dy)
   return self.gradInput
end

----------------------------------------------------------------------
-- images
--
local function psnr(x, truth)
   local mse = torch.dist(x, truth) ^ 2 / truth:nElement()
   return -10 * math.log(mse) / math.log(10)
end

local photo = image.scale(image.load(opt.image, 3), opt.size)
local noisy = photo + torch.randn(photo:size()):mul(opt.noise)
print(string.format('%s: %d x %d pixels, noise %g', paths.basename(opt.image), photo:size(3), photo:size(2), opt.noise))

-- what everybody tries first
local kernel = image.gaussian{size = 5, sigma = 0.2, normalize = true}
local blurred = image.convolve(noisy, kernel, 'same')

----------------------------------------------------------------------
-- optimisation, on luminance and colour differences
--
local target = image.rgb2yuv(noisy)
local x = target:clone()
local fidelity = nn.MSECriterion()
fidelity.sizeAverage = false -- |x - y|^2
local variation = nn.TVCriterion(opt.weight)

local lossFile = assert(io.open(paths.concat(opt.save, 'losses.txt'), 'w'))
local gradient = torch.Tensor()
local calls = 0

local function feval(parameters)
   local current = parameters:viewAs(target)
   local loss = fidelity:forward(current, target) / 2 + variation:forward(current)
   gradient:resizeAs(target):copy(fidelity:backward(current, target)):div(2)
   gradient:add(variation:backward(current))
   calls = calls + 1
   lossFile:write(string.format('%.17g\n', loss))
   if calls % 10 == 0 then
      print(string.format('evaluation %3d   loss %.6f', calls, loss))
   end
   return loss, gradient:view(-1)
end

local state = {maxIter = opt.iterations, learningRate = 1, nCorrection = 10, tolFun = 1e-7, lineSearch = optim.lswolfe}
local _, losses = optim.lbfgs(feval, x:view(-1), state)
lossFile:close()
print(string.format('loss %.6f -> %.6f in %d evaluations', losses[1], losses[#losses], calls))

----------------------------------------------------------------------
-- results
--
local denoised = image.yuv2rgb(x)
local pictures = {photo, noisy, blurred, denoised}
local names = {'photograph', 'noisy', 'blurred', 'total variation'}
for i, picture in ipairs(pictures) do
   local label = names[i]
   if i > 1 then
      local quality = psnr(picture, photo)
      print(string.format('%-16s %.4f dB', names[i], quality))
      label = string.format('%s\n%.1f dB', label, quality)
   end
   pictures[i] = image.drawText(picture, label, 4, 4, {color = {255, 255, 0}, bg = {0, 0, 0}})
end
image.save(paths.concat(opt.save, 'denoised.png'), denoised)
local grid = image.toDisplayTensor{input = pictures, nrow = 2, padding = 2, min = 0, max = 1}
image.save(paths.concat(opt.save, 'comparison.png'), grid)
