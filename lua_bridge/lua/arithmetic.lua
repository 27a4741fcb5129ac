-- Arithmetic on a few floats or doubles, as in `sums[i]:add(rows[j])`: done here in less time than a call of Python takes.

local world = ...
local layouts = world.layouts
if not layouts then return end
local rawtype, select = type, select
local ffi = require 'ffi'

local FEW = 512
local rounded = ffi.new('float[1]')

-- The layout and number of elements of a tensor that has few, one behind the other; nil where Python must be asked.
local function few(x)
   local holder = layouts.at_hand(x)
   if holder and holder._kind.step and holder._dim > 0 and holder._dim <= 4 and layouts.is_contiguous(holder) then
      local count = layouts.count_of(holder)
      if count <= FEW and not layouts.has_foreign_nan(holder) then return holder, count end
   end
end

-- The same for an argument, which must have the kind and the number of elements of the tensor itself.
local function partner(y, kind, count)
   if rawtype(y) == 'userdata' and world.record(y) or rawtype(y) == 'cdata' and world.is_view(y) then
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

-- Each method gets the stub that it stands before, for the cases that it leaves to Python.
local methods = {}

local function with_number(step)
   return function(call)
      return function(x, ...)
         local value = ...
         if rawtype(value) == 'number' and select('#', ...) == 1 then
            local holder, count = few(x)
            if holder then
               step(holder._pointer, count, as_element(value, holder._kind))
               return x
            end
         end
         return call(x, ...)
      end
   end
end

methods.mul = with_number(function(p, count, value)
   for i = 0, count - 1 do p[i] = p[i] * value end
end)

methods.div = with_number(function(p, count, value)
   for i = 0, count - 1 do p[i] = p[i] / value end
end)

local function with_tensor(step)
   return function(call)
      return function(x, ...)
         local holder, count
         if select('#', ...) == 1 then holder, count = few(x) end
         local other = holder and partner(..., holder._kind, count)
         if not other then return call(x, ...) end
         return step(x, count, holder._pointer, other._pointer)
      end
   end
end

methods.cmul = with_tensor(function(x, count, p, q)
   for i = 0, count - 1 do p[i] = p[i] * q[i] end
   return x
end)

methods.cdiv = with_tensor(function(x, count, p, q)
   for i = 0, count - 1 do p[i] = p[i] / q[i] end
   return x
end)

methods.dot = with_tensor(function(_, count, p, q)
   local total = 0
   for i = 0, count - 1 do total = total + p[i] * q[i] end
   return total
end)

local add_number = with_number(function(p, count, value)
   for i = 0, count - 1 do p[i] = p[i] + value end
end)

local add_tensor = with_tensor(function(x, count, p, q)
   for i = 0, count - 1 do p[i] = p[i] + q[i] end
   return x
end)

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
      local p, q = holder._pointer, other._pointer
      scale = as_element(scale, holder._kind)
      for i = 0, count - 1 do p[i] = p[i] + scale * q[i] end
      return x
   end
end

function methods.sum(call)
   return function(x, ...)
      local holder, count
      if select('#', ...) == 0 then holder, count = few(x) end
      if not holder then return call(x, ...) end
      local p, total = holder._pointer, 0
      for i = 0, count - 1 do total = total + p[i] end
      return total
   end
end

local stubs = world.adopt('torch.Tensor').stubs
for name, make in pairs(methods) do stubs[name] = make(stubs[name]) end
