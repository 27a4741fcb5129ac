-- Package cudnn: whoever requires it counts on cutorch and nn too; and its switches.

local world, cudnn = ...
require 'cutorch'
require 'nn'
local set_benchmark = world.as_function(world.python.plain('torch7py.cudnn.tuning', 'set_benchmark'))

local convert = cudnn.convert
function cudnn.convert(net, dst, exclusion_fn)
   return convert(net, dst == nn and 'nn' or dst == cudnn and 'cudnn' or dst, exclusion_fn)
end

-- Nothing to forget: PyTorch looks after algorithms and workspaces.
function cudnn.reset() end

-- What cudnn.functional takes first; PyTorch has its own.
function cudnn.getHandle() end

-- `benchmark` is PyTorch's switch; the others are kept for programs to read.
cudnn.fastest, cudnn.verbose, cudnn.useFindEx = false, false, false
local benchmark = false
return setmetatable(cudnn, {
   __index = function(_, name) if name == 'benchmark' then return benchmark end end,
   __newindex = function(_, name, value)
      if name ~= 'benchmark' then return rawset(cudnn, name, value) end
      benchmark = value
      set_benchmark(value and true or false)
   end,
})
