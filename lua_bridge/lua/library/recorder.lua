-- Records what a Torch7 program does, for `torch7py check --trace`. It needs nothing but Torch7 itself:
--
--     th -lrecorder train.lua
--
-- writes run.t7: inputs, outputs, targets, losses, gradients and parameters, step by step. Environment:
--
--     RECORDER_FILE      the file to write (run.t7)
--     RECORDER_STEPS     steps to record (1000)
--     RECORDER_DETAILS   of these, steps with the outputs and gradients of every module (10)
--     RECORDER_SEED      random seed at the start (1), unless the program sets its own

require 'torch'
require 'nn'

local file_name = os.getenv('RECORDER_FILE') or 'run.t7'
local max_steps = tonumber(os.getenv('RECORDER_STEPS')) or 1000
local max_details = tonumber(os.getenv('RECORDER_DETAILS')) or 10
local WHOLE = 2 ^ 20 -- elements kept of one tensor; of a larger one every n-th

local file = torch.DiskFile(file_name, 'w'):binary()
local step, open = 1, true
local unpack = unpack or table.unpack

-- ---------------------------------------------------------------------
-- writing

-- Each event is written at once, so that nothing is lost however the program ends.
local function write(part)
   if not open then return end
   local bytes = torch.MemoryFile():binary()
   bytes:writeObject(part)
   local storage = bytes:storage()
   local size = bytes:position() - 1
   file:writeLong(size)
   file:writeChar(torch.CharStorage(storage, 1, size))
end

local function kept(tensor)
   local sizes = tensor:nDimension() > 0 and tensor:size():totable() or {}
   local numel, stride = tensor:nElement(), 1
   if torch.type(tensor):find('Cuda') then tensor = tensor:float() end
   if numel > WHOLE then
      stride = math.ceil(numel / WHOLE)
      tensor = tensor:contiguous():view(-1):unfold(1, 1, stride)
   end
   return {tensor = tensor:clone(), stride = stride, sizes = sizes}
end

-- The parts of a value that can be compared, each with its path.
local function add_leaves(value, path, leaves)
   if torch.isTensor(value) then
      leaves[#leaves + 1] = {path, kept(value)}
   elseif torch.isStorage and torch.isStorage(value) then
      leaves[#leaves + 1] = {path, value:totable()}
   elseif type(value) == 'table' and not torch.typename(value) then
      for key, item in pairs(value) do
         local inner = type(key) == 'string' and (path .. '.' .. key):gsub('^%.', '') or path .. '[' .. key .. ']'
         add_leaves(item, inner, leaves)
      end
   elseif type(value) == 'number' or type(value) == 'string' or type(value) == 'boolean' then
      leaves[#leaves + 1] = {path, value}
   else
      leaves[#leaves + 1] = {path, value ~= nil and '<' .. torch.type(value) .. '>' or nil}
   end
   return leaves
end

local function position()
   for level = 4, 1000 do
      local frame = debug.getinfo(level, 'Sl')
      if not frame then return '' end
      local source = frame.source
      if frame.currentline > 0 and source:sub(1, 1) == '@' and not source:find('recorder%.lua$')
         and not source:find('/share/lua/') and not source:find('/lua/5%.%d/') then
         return source:sub(2) .. ':' .. frame.currentline
      end
   end
end

local function write_event(kind, name, leaves)
   write{kind = kind, name = name, where = position(), values = leaves}
end

local function add(kind, name, value)
   if open then write_event(kind, name, add_leaves(value, '', {})) end
end

-- ---------------------------------------------------------------------
-- networks

local function title(module)
   return (tostring(module):match('^[^\n]*'):gsub(' {$', ''))
end

-- All modules inside a network and then itself, with their paths.
local function modules(network, path, found)
   for position, module in ipairs(network.modules or {}) do
      modules(module, path == '' and tostring(position) or path .. '.' .. position, found)
   end
   found[#found + 1] = {path, network}
   return found
end

local function named_parameters(network)
   local owners, named = {}, {}
   for _, pair in ipairs(modules(network, '', {})) do
      for field, value in pairs(pair[2]) do
         if torch.isTensor(value) and value:nElement() > 0 then
            local key = torch.pointer(value)
            owners[key] = owners[key] or (pair[1] == '' and field or pair[1] .. '.' .. field)
         end
      end
   end
   for position, parameter in ipairs(network:parameters() or {}) do
      named[position] = {owners[torch.pointer(parameter)] or 'parameter ' .. position, parameter}
   end
   return named
end

local met, known = setmetatable({}, {__mode = 'k'}), {} -- networks; parameters by address
local ran, criterions, unfinished = {}, {}, nil

local function address(tensor)
   return torch.pointer(tensor:storage()) .. ':' .. tensor:storageOffset()
end

local function meet(network)
   if met[network] then return end
   met[network] = true
   local named = named_parameters(network)
   local new = #named == 0
   for _, pair in ipairs(named) do new = new or not known[address(pair[2])] end
   if not new then return end
   local leaves = {}
   for _, pair in ipairs(named) do
      known[address(pair[2])] = pair
      leaves[#leaves + 1] = {pair[1], kept(pair[2])}
   end
   write_event('network', tostring(network), leaves)
end

local function details()
   local found = {}
   local function put(path, module, field, value)
      if torch.isTensor(value) then value = kept(value) elseif type(value) == 'table' then value = nil end
      found[#found + 1] = {path = path, title = title(module), field = field, value = value}
   end
   for _, network in ipairs(ran) do
      for _, pair in ipairs(modules(network, '', {})) do
         put(pair[1], pair[2], 'output', pair[2].output)
         put(pair[1], pair[2], 'gradInput', pair[2].gradInput)
         put(pair[1], pair[2], 'train', pair[2].train)
      end
   end
   for _, criterion in ipairs(criterions) do put('criterion', criterion, 'gradInput', criterion.gradInput) end
   return found
end

-- A vector of all parameters, or of their gradients, as one tensor for each.
local function split(flat, x)
   local leaves = {}
   if not (torch.isTensor(x) and x:isContiguous() and torch.isTensor(flat)) then return add_leaves(flat, '', leaves) end
   local inside, storage = {}, torch.pointer(x:storage())
   local first, last = x:storageOffset(), x:storageOffset() + x:nElement() - 1
   for _, pair in pairs(known) do
      local at = pair[2]:storageOffset()
      if torch.pointer(pair[2]:storage()) == storage and at >= first and at <= last then
         inside[#inside + 1] = {pair[1], at - first + 1, pair[2]}
      end
   end
   if #inside == 0 then return add_leaves(flat, '', leaves) end
   table.sort(inside, function(a, b) return a[2] < b[2] end)
   flat = flat:contiguous():view(-1)
   for _, item in ipairs(inside) do
      leaves[#leaves + 1] = {item[1], kept(flat:narrow(1, item[2], item[3]:nElement()):viewAs(item[3]))}
   end
   return leaves
end

local function add_split(kind, name, flat, x)
   if open then write_event(kind, name, split(flat, x)) end
end

local function end_step()
   write{step = step, details = step <= max_details and details() or nil}
   step, unfinished, ran, criterions = step + 1, nil, {}, {}
   if step > max_steps and open then
      write{stopped = true}
      open = false
      file:close()
   end
end

local function stepped(name, x)
   add_split('parameters', name, x, x)
   end_step()
end

local function add_listed(kind, name, network, list)
   if not open then return end
   local named, leaves = named_parameters(network), {}
   for position, tensor in ipairs(list or {}) do leaves[position] = {named[position][1], kept(tensor)} end
   write_event(kind, name, leaves)
end

local function stepped_by_itself(name, network)
   add_listed('parameters', name, network, (network:parameters()))
   end_step()
end

-- ---------------------------------------------------------------------
-- watching

local depth = 0

-- `class[name]` with something done before and after it, unless it is called within another such.
local function watch(class, name, before, after)
   local plain = class[name]
   class[name] = function(...)
      if depth > 0 then return plain(...) end
      before(...)
      depth = depth + 1
      local results = {pcall(plain, ...)}
      depth = depth - 1
      if not results[1] then error(results[2], 0) end
      after(results[2], ...)
      return unpack(results, 2, table.maxn(results))
   end
end

local function nothing() end

watch(nn.Module, 'forward', function(network, input)
   if unfinished then stepped_by_itself('', unfinished) end
   meet(network)
   add('input', title(network), input)
end, function(output, network)
   local seen = false
   for _, other in ipairs(ran) do seen = seen or other == network end
   if not seen then ran[#ran + 1] = network end
   add('output', title(network), output)
end)

watch(nn.Module, 'backward', nothing, function(_, network) unfinished = network end)

for _, class in ipairs{nn.Module, nn.Container} do
   watch(class, 'updateParameters', function(network)
      local _, gradients = network:parameters()
      add_listed('gradients', 'updateParameters', network, gradients)
   end, function(_, network) stepped_by_itself('updateParameters', network) end)
end

watch(nn.Criterion, 'forward', function(criterion, _, target)
   add('target', title(criterion), target)
end, function(loss, criterion)
   criterions = {criterion}
   add('loss', title(criterion), loss)
end)

local found, optim = pcall(require, 'optim')
if found then
   for _, name in ipairs{'sgd', 'adam', 'adamax', 'adagrad', 'adadelta', 'rmsprop', 'rprop', 'asgd', 'nag', 'cg',
                         'lbfgs', 'FistaLS', 'cmaes', 'de'} do
      local optimiser = optim[name]
      if optimiser then
         optim[name] = function(opfunc, x, ...)
            local function returned(f, gradients, ...)
               if gradients ~= nil then add_split('gradients', name, gradients, x) end
               return f, gradients, ...
            end
            local function done(...)
               stepped(name, x)
               return ...
            end
            return done(optimiser(function(...) return returned(opfunc(...)) end, x, ...))
         end
      end
   end
end

-- check.probe('name', value) in the program
package.preload.check = function()
   return {probe = function(name, value) add('probe', name, value) end}
end

local seed = tonumber(os.getenv('RECORDER_SEED')) or 1
torch.manualSeed(seed)
math.randomseed(seed)
