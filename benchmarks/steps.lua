-- Training steps in Torch7: each function takes a number of steps and returns the seconds that one took.
require 'torch'
require 'nn'
require 'optim'

local function mlp()
   return nn.Sequential()
      :add(nn.Linear(784, 512)):add(nn.ReLU())
      :add(nn.Linear(512, 512)):add(nn.ReLU())
      :add(nn.Linear(512, 10)):add(nn.LogSoftMax())
end

local function lenet()
   return nn.Sequential()
      :add(nn.SpatialConvolution(1, 32, 5, 5)):add(nn.Tanh()):add(nn.SpatialMaxPooling(3, 3, 3, 3))
      :add(nn.SpatialConvolution(32, 64, 5, 5)):add(nn.Tanh()):add(nn.SpatialMaxPooling(2, 2, 2, 2))
      :add(nn.View(256)):add(nn.Linear(256, 200)):add(nn.Tanh())
      :add(nn.Linear(200, 10)):add(nn.LogSoftMax())
end

local function tiny()
   return nn.Sequential():add(nn.Linear(10, 20)):add(nn.Tanh()):add(nn.Linear(20, 2)):add(nn.LogSoftMax())
end

-- as in the CIFAR-10 programs of that time
local function vgg()
   local model, planes = nn.Sequential(), 3
   for _, size in ipairs{64, 64, 'pool', 128, 128, 'pool', 256} do
      if size == 'pool' then
         model:add(nn.SpatialMaxPooling(2, 2, 2, 2))
      else
         model:add(nn.SpatialConvolution(planes, size, 3, 3, 1, 1, 1, 1))
         model:add(nn.SpatialBatchNormalization(size)):add(nn.ReLU(true))
         planes = size
      end
   end
   return model:add(nn.SpatialAveragePooling(8, 8)):add(nn.View(256)):add(nn.Dropout(0.5))
      :add(nn.Linear(256, 10)):add(nn.LogSoftMax())
end

local networks = {} -- for the Python side, which trains the same ones

local function stepper(name, build, classes, ...)
   local model = build():float()
   local criterion = nn.ClassNLLCriterion():float()
   local parameters, gradParameters = model:getParameters()
   local input = torch.FloatTensor(...):uniform()
   local target = torch.LongTensor(input:size(1)):random(1, classes)
   local state = {learningRate = 0.01, momentum = 0.9}
   networks[name] = {model, criterion, parameters, gradParameters, input, target}

   local function feval(x)
      gradParameters:zero()
      local output = model:forward(input)
      local loss = criterion:forward(output, target)
      model:backward(input, criterion:backward(output, target))
      return loss, gradParameters
   end

   return function(count)
      local timer = torch.Timer()
      for _ = 1, count do
         optim.sgd(feval, parameters, state)
      end
      return timer:time().real / count
   end
end

return {
   mlp_b128 = stepper('mlp_b128', mlp, 10, 128, 784),
   lenet_b10 = stepper('lenet_b10', lenet, 10, 10, 1, 32, 32),
   lenet_b128 = stepper('lenet_b128', lenet, 10, 128, 1, 32, 32),
   vgg_b16 = stepper('vgg_b16', vgg, 10, 16, 3, 32, 32),
   tiny_b1 = stepper('tiny_b1', tiny, 2, 1, 10),
}, networks
