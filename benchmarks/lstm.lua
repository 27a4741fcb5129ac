-- A character LSTM in Torch7 as programs of 2015 have it: an nngraph cell, cloned for each step in time by way of a
-- file in memory, and rmsprop. Returns functions that take a number of training steps and return the seconds of one.
require 'torch'
require 'nn'
require 'nngraph'
require 'optim'

local size, layers, length, batch, symbols = 128, 2, 25, 50, 65

local Symbols, parent = torch.class('nn.Symbols', 'nn.Module')

function Symbols:__init(count)
   parent.__init(self)
   self.eye = torch.eye(count)
end

function Symbols:updateOutput(input)
   self.output:index(self.eye, 1, input:long())
   return self.output
end

local function cell()
   local inputs, outputs = {nn.Identity()()}, {}
   for _ = 1, 2 * layers do table.insert(inputs, nn.Identity()()) end
   local x = nn.Symbols(symbols)(inputs[1])
   for layer = 1, layers do
      local c, h = inputs[2 * layer], inputs[2 * layer + 1]
      local sums = nn.CAddTable()({
         nn.Linear(layer == 1 and symbols or size, 4 * size)(x):annotate{name = 'i2h_' .. layer},
         nn.Linear(size, 4 * size)(h):annotate{name = 'h2h_' .. layer},
      })
      local i, f, o, g = nn.SplitTable(2)(nn.Reshape(4, size)(sums)):split(4)
      local kept = nn.CMulTable()({nn.Sigmoid()(f), c})
      local written = nn.CMulTable()({nn.Sigmoid()(i), nn.Tanh()(g)})
      local next_c = nn.CAddTable()({kept, written})
      x = nn.CMulTable()({nn.Sigmoid()(o), nn.Tanh()(next_c)})
      table.insert(outputs, next_c)
      table.insert(outputs, x)
   end
   table.insert(outputs, nn.LogSoftMax()(nn.Linear(size, symbols)(x)))
   return nn.gModule(inputs, outputs)
end

-- Copies of a module that share its parameters.
local function clones_of(module, count)
   local file = torch.MemoryFile('w'):binary()
   file:writeObject(module)
   local params, gradients
   if module.parameters then params, gradients = module:parameters() end
   local clones = {}
   for t = 1, count do
      local reader = torch.MemoryFile(file:storage(), 'r'):binary()
      clones[t] = reader:readObject()
      reader:close()
      if params then
         local own, own_gradients = clones[t]:parameters()
         for i = 1, #params do
            own[i]:set(params[i])
            own_gradients[i]:set(gradients[i])
         end
      end
   end
   file:close()
   return clones
end

local function zeros()
   local state = {}
   for i = 1, 2 * layers do state[i] = torch.zeros(batch, size) end
   return state
end

-- Build the cell, flatten its parameters and clone it: everything before the first step.
local function build()
   local net, criterion = cell(), nn.ClassNLLCriterion()
   local params, gradients = net:getParameters()
   params:uniform(-0.08, 0.08)
   return clones_of(net, length), clones_of(criterion, length), params, gradients
end

local function stepper(tensor_type)
   local default = torch.getdefaulttensortype()
   torch.setdefaulttensortype(tensor_type)
   local nets, criterions, params, gradients = build()
   local first, last = zeros(), zeros()
   torch.setdefaulttensortype(default)
   local x = torch.LongTensor(length, batch):random(1, symbols)
   local y = torch.LongTensor(length, batch):random(1, symbols)
   local state = {learningRate = 2e-3, alpha = 0.95}

   local function feval()
      gradients:zero()
      local states, predictions, loss = {[0] = first}, {}, 0
      for t = 1, length do
         nets[t]:training()
         local out = nets[t]:forward{x[t], unpack(states[t - 1])}
         states[t] = {}
         for i = 1, 2 * layers do states[t][i] = out[i] end
         predictions[t] = out[#out]
         loss = loss + criterions[t]:forward(predictions[t], y[t])
      end
      local back = {unpack(last)}
      for t = length, 1, -1 do
         back[#back + 1] = criterions[t]:backward(predictions[t], y[t])
         local out = nets[t]:backward({x[t], unpack(states[t - 1])}, back)
         back = {}
         for i = 1, 2 * layers do back[i] = out[i + 1] end
      end
      gradients:clamp(-5, 5)
      return loss / length, gradients
   end

   return function(count)
      local timer = torch.Timer()
      for _ = 1, count do
         optim.rmsprop(feval, params, state)
      end
      return timer:time().real / count
   end
end

local function build_time(count)
   local timer = torch.Timer()
   for _ = 1, count do build() end
   return timer:time().real / count
end

return {
   lstm_step_float = stepper('torch.FloatTensor'),
   lstm_step = stepper('torch.DoubleTensor'),
   lstm_build = build_time,
}
