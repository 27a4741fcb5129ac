----------------------------------------------------------------------
-- Trains a small network on handwritten digits, which threads distort while it trains.
--
--    th train.lua
--    th train.lua -nDonkeys 4 -epochs 20
--
-- Leaves the loss of each step in losses.txt in the folder -save.
----------------------------------------------------------------------
require 'torch'
require 'nn'
require 'optim'
require 'paths'

local here = paths.dirname(paths.thisfile())

local cmd = torch.CmdLine()
cmd:text()
cmd:text('Distorted digits')
cmd:text()
cmd:text('Options:')
cmd:option('-data', paths.concat(here, '..', 'digits', 'digits.t7'), 'data set')
cmd:option('-save', 'results', 'folder for the losses')
cmd:option('-nDonkeys', 2, 'threads that prepare batches')
cmd:option('-seed', 123, 'seed of the random numbers')
cmd:option('-epochs', 10, 'passes over the training set')
cmd:option('-batchSize', 20, 'samples per step')
cmd:option('-learningRate', 0.1, 'learning rate')
cmd:option('-momentum', 0.9, 'momentum')
cmd:text()
opt = cmd:parse(arg or {})

torch.manualSeed(opt.seed)
torch.setnumthreads(1)
paths.mkdir(opt.save)
paths.dofile('data.lua')

----------------------------------------------------------------------
-- data: bytes 0..16, n x 1 x 8 x 8; labels 1..10 for the digits 0..9
--
local stored = torch.load(opt.data)
local testData, testLabels = stored.test.data:double():div(16), stored.test.labels:double()
local count = stored.train.data:size(1)
print(string.format('%d training and %d test images', count, testData:size(1)))

----------------------------------------------------------------------
-- model
--
local model = nn.Sequential()
model:add(nn.SpatialConvolution(1, 8, 3, 3, 1, 1, 1, 1))
model:add(nn.ReLU())
model:add(nn.SpatialMaxPooling(2, 2, 2, 2))
model:add(nn.View(8 * 4 * 4))
model:add(nn.Linear(8 * 4 * 4, 32))
model:add(nn.Tanh())
model:add(nn.Linear(32, 10))
model:add(nn.LogSoftMax())
local criterion = nn.ClassNLLCriterion()
local parameters, gradParameters = model:getParameters()

----------------------------------------------------------------------
-- training
--
local confusion = optim.ConfusionMatrix(10)
local lossFile = assert(io.open(paths.concat(opt.save, 'losses.txt'), 'w'))
local optimState = {learningRate = opt.learningRate, momentum = opt.momentum}

local function train(epoch)
   model:training()
   local total, steps = 0, 0
   local order = torch.randperm(count):long()
   local seed = opt.seed + 1000 * epoch
   for inputs, targets in batches(stored.train.data, stored.train.labels, order, opt.batchSize, seed) do
      local function feval(x)
         gradParameters:zero()
         local outputs = model:forward(inputs)
         local loss = criterion:forward(outputs, targets)
         model:backward(inputs, criterion:backward(outputs, targets))
         return loss, gradParameters
      end
      local _, losses = optim.sgd(feval, parameters, optimState)
      lossFile:write(string.format('%.17g\n', losses[1]))
      total, steps = total + losses[1], steps + 1
   end
   return total / steps
end

local function test()
   model:evaluate()
   confusion:zero()
   confusion:batchAdd(model:forward(testData), testLabels)
   confusion:updateValids()
   return confusion.totalValid * 100
end

for epoch = 1, opt.epochs do
   local loss = train(epoch)
   print(string.format('epoch %2d   loss %.10f   test %6.2f %%', epoch, loss, test()))
end
lossFile:close()
stopDonkeys()
