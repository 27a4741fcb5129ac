----------------------------------------------------------------------
-- Trains an LSTM to write a text, character by character.
--
--    th train.lua
--    th train.lua -size 128 -layers 2 -epochs 20 -type float
--    th train.lua -start results/model.t7 -epochs 0 -temperature 0.7
--
-- Everything that a run leaves behind goes to the folder -save:
-- losses.txt (one loss per step), model.t7 and sample.txt.
----------------------------------------------------------------------
require 'torch'
require 'nn'
require 'nngraph'
require 'optim'
require 'paths'

----------------------------------------------------------------------
-- options
--
local here = paths.dirname(paths.thisfile())

local cmd = torch.CmdLine()
cmd:text()
cmd:text('Character-level language model')
cmd:text()
cmd:text('Options:')
cmd:option('-data', paths.concat(here, 'coriolanus.txt'), 'text to learn')
cmd:option('-save', 'results', 'folder for the losses, the trained model and the sample')
cmd:option('-start', '', 'model to go on with')
cmd:option('-size', 64, 'cells in a layer')
cmd:option('-layers', 2, 'layers')
cmd:option('-type', 'double', 'double | float')
cmd:option('-seed', 123, 'seed of the random numbers')
cmd:option('-threads', 1, 'number of threads')
cmd:option('-epochs', 5, 'passes over the training text')
cmd:option('-steps', 0, 'stop after so many steps of each epoch (0: at its end)')
cmd:option('-length', 25, 'characters through which gradients go back')
cmd:option('-batchSize', 20, 'pieces of the text read side by side')
cmd:option('-learningRate', 4e-3, 'learning rate')
cmd:option('-decay', 0.95, 'how much rmsprop keeps of its mean of squares')
cmd:option('-clip', 5, 'largest element of a gradient')
cmd:option('-dropout', 0, 'dropout between the layers')
cmd:option('-sample', 400, 'characters to write in the end')
cmd:option('-temperature', 0.8, 'lower is more careful')
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
-- data: the text as numbers, cut into batchSize pieces read side by side
--
local file = assert(io.open(opt.data, 'rb'))
local text = file:read('*a')
file:close()

-- symbols: number -> character; index: character -> number
local symbols, index = {}, {}
for character in text:gmatch('.') do
   if not index[character] then
      index[character] = true
      table.insert(symbols, character)
   end
end
table.sort(symbols)
for i, character in ipairs(symbols) do
   index[character] = i
end

local numbers = torch.LongTensor(#text)
for i = 1, #text do
   numbers[i] = index[text:sub(i, i)]
end

-- a set is {x, y}: rows follow each other in time, a column is a piece; y is x one character later
local function cut(first, last)
   local rows = math.floor((last - first) / opt.batchSize)
   local x = numbers:narrow(1, first, rows * opt.batchSize):view(opt.batchSize, rows):t():contiguous()
   local y = numbers:narrow(1, first + 1, rows * opt.batchSize):view(opt.batchSize, rows):t():contiguous()
   return {x = x, y = y, batches = math.floor(rows / opt.length)}
end

local border = math.floor(0.95 * #text)
local trainSet = cut(1, border)
local testSet = cut(border + 1, #text)
print(string.format('%d characters, %d different ones; %d training and %d test batches',
   #text, #symbols, trainSet.batches, testSet.batches))

----------------------------------------------------------------------
-- model: one step in time, from {symbol, c1, h1, c2, h2, ...} to {c1, h1, c2, h2, ..., log-probabilities}
--
local function lstm(x, c, h, inputSize, size, layer)
   local fromInput = nn.Linear(inputSize, 4 * size)(x):annotate{name = 'input_' .. layer}
   local fromState = nn.Linear(size, 4 * size)(h):annotate{name = 'state_' .. layer}
   local gates = nn.Reshape(4, size)(nn.CAddTable()({fromInput, fromState}))
   local i, f, o, g = nn.SplitTable(2)(gates):split(4)
   local kept = nn.CMulTable()({nn.Sigmoid()(f), c})
   local written = nn.CMulTable()({nn.Sigmoid()(i), nn.Tanh()(g)})
   local nextC = nn.CAddTable()({kept, written})
   local nextH = nn.CMulTable()({nn.Sigmoid()(o), nn.Tanh()(nextC)})
   return nextC, nextH
end

local function network()
   local inputs, outputs = {nn.Identity()()}, {}
   local x = nn.LookupTable(#symbols, opt.size)(inputs[1])
   for layer = 1, opt.layers do
      local c, h = nn.Identity()(), nn.Identity()()
      table.insert(inputs, c)
      table.insert(inputs, h)
      if opt.dropout > 0 and layer > 1 then
         x = nn.Dropout(opt.dropout)(x)
      end
      local nextC, nextH = lstm(x, c, h, opt.size, opt.size, layer)
      table.insert(outputs, nextC)
      table.insert(outputs, nextH)
      x = nextH
   end
   local scores = nn.Linear(opt.size, #symbols)(x):annotate{name = 'decoder'}
   table.insert(outputs, nn.LogSoftMax()(scores))
   return nn.gModule(inputs, outputs)
end

local model
if opt.start ~= '' then
   local checkpoint = torch.load(opt.start)
   assert(table.concat(checkpoint.symbols) == table.concat(symbols), 'the model knows other characters')
   model = checkpoint.model
   opt.size, opt.layers = checkpoint.opt.size, checkpoint.opt.layers
else
   model = network()
end
local parameters, gradParameters = model:getParameters()
if opt.start == '' then
   parameters:uniform(-0.08, 0.08)
   -- a cell that forgets nothing learns sooner: the second quarter of the gates
   for _, node in ipairs(model.forwardnodes) do
      local name = node.data.annotations.name or ''
      if name:find('^input_') then
         node.data.module.bias:narrow(1, opt.size + 1, opt.size):fill(1)
      end
   end
end
print('number of parameters: ' .. parameters:nElement())

-- a copy for each step in time; all share their parameters
local models, criterions = {}, {}
for t = 1, opt.length do
   models[t] = model:clone('weight', 'bias', 'gradWeight', 'gradBias')
   criterions[t] = nn.ClassNLLCriterion()
end

local function zeroState(batchSize)
   local state = {}
   for i = 1, 2 * opt.layers do
      state[i] = torch.zeros(batchSize, opt.size)
   end
   return state
end

----------------------------------------------------------------------
-- training
--
local lossFile = assert(io.open(paths.concat(opt.save, 'losses.txt'), 'w'))
local optimState = {learningRate = opt.learningRate, alpha = opt.decay}

-- the loss of a batch that begins in a certain state, and the state behind it
local function forward(set, batch, state)
   local states, outputs, loss = {[0] = state}, {}, 0
   for t = 1, opt.length do
      local row = (batch - 1) * opt.length + t
      local output = models[t]:forward({set.x[row], unpack(states[t - 1])})
      states[t] = {unpack(output, 1, 2 * opt.layers)}
      outputs[t] = output[2 * opt.layers + 1]
      loss = loss + criterions[t]:forward(outputs[t], set.y[row])
   end
   return loss / opt.length, states, outputs
end

local function backward(set, batch, states, outputs)
   local gradState = zeroState(opt.batchSize) -- nothing comes from behind the batch
   for t = opt.length, 1, -1 do
      local row = (batch - 1) * opt.length + t
      local gradOutput = criterions[t]:backward(outputs[t], set.y[row])
      table.insert(gradState, gradOutput)
      local gradInput = models[t]:backward({set.x[row], unpack(states[t - 1])}, gradState)
      gradState = {unpack(gradInput, 2)}
   end
   gradParameters:div(opt.length)
   gradParameters:clamp(-opt.clip, opt.clip)
end

local function train()
   for t = 1, opt.length do
      models[t]:training()
   end
   local state = zeroState(opt.batchSize)
   local steps = opt.steps > 0 and math.min(opt.steps, trainSet.batches) or trainSet.batches
   local total = 0
   for batch = 1, steps do
      -- loss and gradient at x
      local function feval(x)
         if x ~= parameters then
            parameters:copy(x)
         end
         gradParameters:zero()
         local loss, states, outputs = forward(trainSet, batch, state)
         backward(trainSet, batch, states, outputs)
         -- the next batch goes on from here; the tensors are the model's own, which it will overwrite
         state = {}
         for i, tensor in ipairs(states[opt.length]) do
            state[i] = tensor:clone()
         end
         return loss, gradParameters
      end

      local _, losses = optim.rmsprop(feval, parameters, optimState)
      lossFile:write(string.format('%.17g\n', losses[1]))
      total = total + losses[1]
   end
   return total / steps
end

local function test()
   for t = 1, opt.length do
      models[t]:evaluate()
   end
   local state, total = zeroState(opt.batchSize), 0
   for batch = 1, testSet.batches do
      local loss, states = forward(testSet, batch, state)
      state = states[opt.length]
      total = total + loss
   end
   return total / testSet.batches
end

local timer = torch.Timer()
for epoch = 1, opt.epochs do
   local trainLoss = train()
   print(string.format('epoch %2d   loss %.10f   test %.10f', epoch, trainLoss, test()))
end
lossFile:close()
print(string.format('trained in %.1f seconds', timer:time().real))

----------------------------------------------------------------------
-- checkpoint: save, load again, and let what was loaded write
--
local filename = paths.concat(opt.save, 'model.t7')
torch.save(filename, {model = model:clearState(), symbols = symbols, opt = opt})
local checkpoint = torch.load(filename)

local function sample(network, count)
   network:evaluate()
   local state, written = zeroState(1), {}
   local symbol = torch.LongTensor{index['\n'] or 1}
   for i = 1, count do
      local output = network:forward({symbol, unpack(state)})
      state = {unpack(output, 1, 2 * opt.layers)}
      local probabilities = torch.exp(output[2 * opt.layers + 1] / opt.temperature):squeeze()
      probabilities:div(probabilities:sum())
      symbol = torch.multinomial(probabilities, 1)
      written[i] = checkpoint.symbols[symbol[1]]
   end
   return table.concat(written)
end

local written = sample(checkpoint.model, opt.sample)
local sampleFile = assert(io.open(paths.concat(opt.save, 'sample.txt'), 'wb'))
sampleFile:write(written, '\n')
sampleFile:close()
print('----------------')
print(written)
