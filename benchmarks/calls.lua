-- One method call at a time, on tensors of Python's: what a call from Lua costs beside the same one from there.
require 'torch'

local x, y, r, a, b, m = ...

local calls = {
   ['x:add(1)'] = function() return x:add(1) end,
   ['x:mul(2)'] = function() return x:mul(1.0001) end,
   ['x:cmul(y)'] = function() return x:cmul(y) end,
   ['x:copy(y)'] = function() return x:copy(y) end,
   ['x:fill(1)'] = function() return x:fill(1) end,
   ['x:zero()'] = function() return x:zero() end,
   ['x:sum()'] = function() return x:sum() end,
   ['x:max()'] = function() return x:max() end,
   ['torch.add(r, x, y)'] = function() return torch.add(r, x, y) end,
   ['torch.mm(m, a, b)'] = function() return torch.mm(m, a, b) end,
   ['x:narrow(1, 1, 10)'] = function() return x:narrow(1, 1, 10) end,
   ['a:select(2, 1)'] = function() return a:select(2, 1) end,
   ['x:view(10, -1)'] = function() return x:view(10, -1) end,
   ['torch.add(x, y)'] = function() return torch.add(x, y) end,
   ['x:clone()'] = function() return x:clone() end,
   ['torch.Tensor(10)'] = function() return torch.Tensor(10) end,
}

-- By name: a function that takes a number of rounds and returns the seconds that one took, of the processor's time: so
-- short a piece of work is at the mercy of whatever else runs.
local benchmarks = {}
for name, call in pairs(calls) do
   benchmarks[name] = function(count)
      local start = os.clock()
      local result
      for _ = 1, count do result = call() end
      return (os.clock() - start) / count
   end
end
return benchmarks
