-- Arithmetic on a few floats or doubles, as in `sums[i]:add(rows[j])`: it takes less time here than a call of Python.

local world = ...
local layouts = world.layouts
if not layouts then return end
local rawtype, select = type, select
local ffi = require 'ffi'

local FEW = 1024
local rounded = ffi.new('float[1]')

-- The layout and number of elements of a tensor that has few, one behind the other; nil where Python must be asked.
local function few(x)
   local holder = layouts.at_hand(x)
   if holder and holder._kind.step and layouts.is_dense(holder) then
      local count = layouts.count_of(holder)
      if count <= FEW and not layouts.has_foreign_nan(holder) then return holder, count end
   end
end

-- The same for an argument, which must have the kind and the number of elements of the tensor itself.
local function partner(y, kind, count)
   if layouts.is_tensor(y) then
      local holder, its_count = few(y)
      if holder and holder._kind == kind and its_count == count then return holder end
   end
end

-- A number as an element of that kind.
local function as_element(value, kind)
   if kind.size == 8 then return value end
   rounded[0] = value
   return rounded[0]
end

-- A loop over elements v of p and w of q, in code of its own: LuaJIT compiles each for itself. Only what Lua and PyTorch
-- round alike is done in Lua: sums, square roots and so on are Python's in all calls, and give the same numbers there.
local function loop(body, before, after)
   local code = 'local math = math return function(p, count, q, value) ' .. (before or '')
      .. ' for i = 0, count - 1 do local v, w = p[i], q[i] ' .. body .. ' end ' .. (after or '') .. ' end'
   return loadstring(code, '=[torch7py/arithmetic]')()
end

local methods = {}

local function alone(step)
   return function(call)
      return function(x, ...)
         local holder, count
         if select('#', ...) == 0 then holder, count = few(x) end
         if not holder then return call(x, ...) end
         return step(holder._pointer, count, holder._pointer) or x
      end
   end
end

for name, value in pairs{abs = 'math.abs(v)', neg = '-v', cinv = '1 / v'} do
   methods[name] = alone(loop('p[i] = ' .. value))
end

methods.max = alone(loop('if not (v <= most) and most == most then most = v end', 'local most = p[0]', 'return most'))
methods.min = alone(loop('if not (v >= least) and least == least then least = v end', 'local least = p[0]',
   'return least'))

local function with_number(step)
   return function(call)
      return function(x, ...)
         local value = ...
         if rawtype(value) == 'number' and select('#', ...) == 1 then
            local holder, count = few(x)
            if holder then
               step(holder._pointer, count, holder._pointer, as_element(value, holder._kind))
               return x
            end
         end
         return call(x, ...)
      end
   end
end

methods.mul = with_number(loop('p[i] = v * value'))
methods.div = with_number(loop('p[i] = v / value'))

local function with_tensor(step)
   return function(call)
      return function(x, ...)
         local holder, count
         if select('#', ...) == 1 then holder, count = few(x) end
         local other = holder and partner(..., holder._kind, count)
         if not other then return call(x, ...) end
         return step(holder._pointer, count, other._pointer) or x
      end
   end
end

methods.cmul = with_tensor(loop('p[i] = v * w'))
methods.cdiv = with_tensor(loop('p[i] = v / w'))

-- add(number), add(tensor), add(1, tensor), add(-1, tensor); PyTorch adds other products without rounding them before.
local plus_number, plus_tensor = with_number(loop('p[i] = v + value')), with_tensor(loop('p[i] = v + w'))
local minus_tensor = with_tensor(loop('p[i] = v - w'))

function methods.add(call)
   local add_number, add_tensor = plus_number(call), plus_tensor(call)
   local add_times = {
      [1] = plus_tensor(function(x, y) return call(x, 1, y) end),
      [-1] = minus_tensor(function(x, y) return call(x, -1, y) end),
   }
   return function(x, ...)
      local a, b = ...
      local count = select('#', ...)
      if count == 1 then return (rawtype(a) == 'number' and add_number or add_tensor)(x, a) end
      if count == 2 and add_times[a] then return add_times[a](x, b) end
      return call(x, ...)
   end
end

layouts.stand_before_stubs(methods)
