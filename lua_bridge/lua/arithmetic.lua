-- Arithmetic on a few floats or doubles, as in `sums[i]:add(rows[j])`: done here in less time than a call of Python takes.

local world = ...
local layouts = world.layouts
if not layouts then return end
local rawtype, select = type, select
local ffi = require 'ffi'

local FEW = 1024
local rounded = ffi.new('float[1]')

-- The layout and number of elements of a tensor that has few, one behind the other; nil where Python must be asked.
local function few(x, layout_of)
   local holder = (layout_of or layouts.at_hand)(x)
   if holder and holder._kind.step and holder._dim > 0 and holder._dim <= 4 and layouts.is_contiguous(holder) then
      local count = layouts.count_of(holder)
      if count <= FEW and not layouts.has_foreign_nan(holder) then return holder, count end
   end
end

-- The same for an argument, which must have the kind and the number of elements of the tensor itself.
local function partner(y, kind, count, layout_of)
   if rawtype(y) == 'userdata' and world.record(y) or rawtype(y) == 'cdata' and world.is_view(y) then
      local holder, its_count = few(y, layout_of)
      if holder and holder._kind == kind and its_count == count then return holder end
   end
end

-- A number as an element of that kind.
local function as_element(value, kind)
   if kind.size == 8 then return value end
   rounded[0] = value
   return rounded[0]
end

-- A loop over elements v of p and w of q, in code of its own: LuaJIT compiles each for itself.
local function loop(before, body, after)
   local code = 'local math = math return function(p, count, q, value) ' .. before
      .. ' for i = 0, count - 1 do local v, w = p[i], q[i] ' .. body .. ' end ' .. after .. ' end'
   return loadstring(code, '=[torch7py/arithmetic]')()
end

local methods = {}

local function alone(step, layout_of)
   return function(call)
      return function(x, ...)
         local holder, count
         if select('#', ...) == 0 then holder, count = few(x, layout_of) end
         if not holder then return call(x, ...) end
         return step(holder._pointer, count, holder._pointer) or x
      end
   end
end

-- Only functions that have one right result: where Lua's and PyTorch's may round differently, all calls go to Python.
for name, value in pairs{abs = 'math.abs(v)', neg = '-v', cinv = '1 / v', sqrt = 'math.sqrt(v)'} do
   methods[name] = alone(loop('', 'p[i] = ' .. value, ''))
end

methods.max = alone(loop('local most = p[0]', 'if not (v <= most) and most == most then most = v end', 'return most'))
methods.min = alone(loop('local least = p[0]', 'if not (v >= least) and least == least then least = v end', 'return least'))

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

methods.mul = with_number(loop('', 'p[i] = v * value', ''))
methods.div = with_number(loop('', 'p[i] = v / value', ''))

local function with_tensor(step, layout_of)
   return function(call)
      return function(x, ...)
         local holder, count
         if select('#', ...) == 1 then holder, count = few(x, layout_of) end
         local other = holder and partner(..., holder._kind, count, layout_of)
         if not other then return call(x, ...) end
         return step(holder._pointer, count, other._pointer) or x
      end
   end
end

methods.cmul = with_tensor(loop('', 'p[i] = v * w', ''))
methods.cdiv = with_tensor(loop('', 'p[i] = v / w', ''))

-- What is rounded at each element depends on their order, which is another one in Python: the layout at hand or not,
-- method or function, all must give the same number.
local totals = {
   sum = alone(loop('local total = 0', 'total = total + v', 'return total'), layouts.of),
   mean = alone(loop('local total = 0', 'total = total + v', 'return total / count'), layouts.of),
   norm = alone(loop('local total = 0', 'total = total + v * v', 'return math.sqrt(total)'), layouts.of),
   dot = with_tensor(loop('local total = 0', 'total = total + v * w', 'return total'), layouts.of),
}
for name, make in pairs(totals) do
   methods[name] = make
   world.torch[name] = make(world.member_stub('torch', name))
end

local add_number, add_tensor = with_number(loop('', 'p[i] = v + value', '')), with_tensor(loop('', 'p[i] = v + w', ''))
local add_scaled = loop('', 'p[i] = v + value * w', '')

-- add(number), add(tensor), add(number, tensor)
function methods.add(call)
   local plus_number, plus_tensor = add_number(call), add_tensor(call)
   return function(x, ...)
      local scale, y = ...
      if select('#', ...) ~= 2 then return (rawtype(scale) == 'number' and plus_number or plus_tensor)(x, ...) end
      local holder, count
      if rawtype(scale) == 'number' then holder, count = few(x) end
      local other = holder and partner(y, holder._kind, count)
      if not other then return call(x, ...) end
      add_scaled(holder._pointer, count, other._pointer, as_element(scale, holder._kind))
      return x
   end
end

layouts.stand_before_stubs(methods)
