----------------------------------------------------------------------
-- Trains a small network on handwritten digits of 8x8 pixels.
--
--    th train.lua                       a convolutional network
--    th train.lua -model mlp -type float
--
-- Everything that a run leaves behind goes to the folder -save:
-- losses.txt (one loss per step), train.log, test.log and model.t7.
----------------------------------------------------------------------
require 'torch'
require 'nn'
require 'optim'
require 'xlua'
require 'paths'

----------------------------------------------------------------------
-- options
--
local here = paths.dirname(paths.thisfile())

local cmd = torch.CmdLine()
cmd:text()
cmd:text('Handwritten digits')
cmd:text()
cmd:text('Options:')
cmd:option('-data', paths.concat(here, 'digits.t7'), 'data set')
cmd:option('-save', 'results', 'folder for logs and the trained model')
cmd:option('-model', 'convnet', 'mlp | convnet')
cmd:option('-type', 'double', 'double | float')
cmd:option('-seed', 123, 'seed of the random numbers')
cmd:option('-threads', 1, 'number of threads')
cmd:option('-epochs', 15, 'passes over the training set')
cmd:option('-batchSize', 10, 'samples per step')
cmd:option('-learningRate', 0.2, 'learning rate')
cmd:option('-learningRateDecay', 1e-3, 'decay of the learning rate with each step')
cmd:option('-momentum', 0.9, 'momentum')
cmd:option('-weightDecay', 0, 'weight decay')
cmd:option('-dropout', 0.5, 'dropout before the last layer')
cmd:option('-progress', false, 'show a progress bar')
cmd:option('-plot', false, 'plot the error curves')
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
-- data: bytes 0..16, n x 1 x 8 x 8; labels 1..10 for the digits 0..9
--
local classes = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'}
local stored = torch.load(opt.data)

local function prepare(set)
   local dataset = {
      data = set.data:type(torch.getdefaulttensortype()):div(16),
      labels = set.labels:type(torch.getdefaulttensortype()),
   }
   function dataset:size()
      return self.data:size(1)
   end
   return dataset
end

local trainData = prepare(stored.train)
local testData = prepare(stored.test)
print(string.format('%d training and %d test images', trainData:size(), testData:size()))

----------------------------------------------------------------------
-- a layer of our own: y = scale * (x - mean of the sample's pixels)
--
local Center, parent = torch.class('nn.Center', 'nn.Module')

function Center:__init(scale)
   parent.__init(self)
   self.scale = scale or 1
   self.mean = torch.Tensor()
end

-- subtracting the mean is a projection, so output and gradient take the same way
function Center:project(result, x)
   local rows = x:view(x:size(1), -1)
   torch.mean(self.mean, rows, 2)
   result:resizeAs(x):copy(x)
   result:view(x:size(1), -1):add(-1, self.mean:expandAs(rows)):mul(self.scale)
   return result
end

function Center:updateOutput(input)
   return self:project(self.output, input)
end

function Center:updateGradInput(input, gradOutput)
   return self:project(self.gradInput, gradOutput)
end

function Center:__tostring__()
   return torch.type(self) .. string.format('(%g)', self.scale)
end

----------------------------------------------------------------------
-- model
--
local model = nn.Sequential()
model:add(nn.Center(2))

if opt.model == 'mlp' then
   model:add(nn.Reshape(64))
   model:add(nn.Linear(64, 64))
   model:add(nn.Tanh())
elseif opt.model == 'convnet' then
   -- stage 1: 8x8 -> 4x4
   model:add(nn.SpatialConvolution(1, 16, 3, 3, 1, 1, 1, 1))
   model:add(nn.Tanh())
   model:add(nn.SpatialMaxPooling(2, 2, 2, 2))
   -- stage 2: 4x4 -> 2x2
   model:add(nn.SpatialConvolution(16, 32, 3, 3, 1, 1, 1, 1))
   model:add(nn.Tanh())
   model:add(nn.SpatialMaxPooling(2, 2, 2, 2))
   -- stage 3
   model:add(nn.View(32 * 2 * 2))
   model:add(nn.Linear(32 * 2 * 2, 64))
   model:add(nn.Tanh())
else
   error('unknown model: ' .. opt.model)
end
model:add(nn.Dropout(opt.dropout))
model:add(nn.Linear(64, #classes))
model:add(nn.LogSoftMax())

local criterion = nn.ClassNLLCriterion()
local parameters, gradParameters = model:getParameters()

print(model)
print('number of parameters: ' .. parameters:nElement())

----------------------------------------------------------------------
-- training
--
local confusion = optim.ConfusionMatrix(classes)
local trainLogger = optim.Logger(paths.concat(opt.save, 'train.log'))
local testLogger = optim.Logger(paths.concat(opt.save, 'test.log'))
local lossFile = assert(io.open(paths.concat(opt.save, 'losses.txt'), 'w'))

local optimState = {
   learningRate = opt.learningRate,
   learningRateDecay = opt.learningRateDecay,
   momentum = opt.momentum,
   weightDecay = opt.weightDecay,
}

local function train()
   model:training()
   confusion:zero()
   local shuffle = torch.randperm(trainData:size())
   local total, steps = 0, 0

   for t = 1, trainData:size(), opt.batchSize do
      if opt.progress then
         xlua.progress(t, trainData:size())
      end

      -- collect the batch
      local size = math.min(opt.batchSize, trainData:size() - t + 1)
      local inputs = torch.Tensor(size, 1, 8, 8)
      local targets = torch.Tensor(size)
      for i = 1, size do
         local index = shuffle[t + i - 1]
         inputs[i]:copy(trainData.data[index])
         targets[i] = trainData.labels[index]
      end

      -- loss and gradient at x
      local function feval(x)
         if x ~= parameters then
            parameters:copy(x)
         end
         gradParameters:zero()
         local outputs = model:forward(inputs)
         local loss = criterion:forward(outputs, targets)
         model:backward(inputs, criterion:backward(outputs, targets))
         confusion:batchAdd(outputs, targets)
         return loss, gradParameters
      end

      local _, losses = optim.sgd(feval, parameters, optimState)
      lossFile:write(string.format('%.17g\n', losses[1]))
      total = total + losses[1]
      steps = steps + 1
   end

   if opt.progress then
      xlua.progress(trainData:size(), trainData:size())
   end
   confusion:updateValids()
   trainLogger:add{['% mean class accuracy (train set)'] = confusion.totalValid * 100}
   return total / steps
end

local function test(network)
   network:evaluate()
   confusion:zero()
   for t = 1, testData:size(), opt.batchSize do
      local size = math.min(opt.batchSize, testData:size() - t + 1)
      local outputs = network:forward(testData.data:narrow(1, t, size))
      confusion:batchAdd(outputs, testData.labels:narrow(1, t, size))
   end
   confusion:updateValids()
   return confusion.totalValid * 100
end

local timer = torch.Timer()
for epoch = 1, opt.epochs do
   local loss = train()
   local trainAccuracy = confusion.totalValid * 100
   local testAccuracy = test(model)
   testLogger:add{['% mean class accuracy (test set)'] = testAccuracy}
   print(string.format('epoch %2d   loss %.10f   training %6.2f %%   test %6.2f %%',
      epoch, loss, trainAccuracy, testAccuracy))
end
lossFile:close()
print(string.format('trained in %.1f seconds', timer:time().real))

----------------------------------------------------------------------
-- checkpoint: save, load again, and test what was loaded
--
local filename = paths.concat(opt.save, 'model.t7')
torch.save(filename, {model = model:clearState(), classes = classes, opt = opt})
local checkpoint = torch.load(filename)
local accuracy = test(checkpoint.model)

print(confusion)
print(string.format('test accuracy of the saved model: %.2f %%', accuracy))

if opt.plot then
   for _, logger in ipairs{trainLogger, testLogger} do
      logger:style{'-'}
      logger:plot()
   end
end
