-- All elements of a tensor one after another: functions called for them, and tables made of them or into them.

local world = ...
local layouts = world.layouts
if not layouts then return end
local layout_of, count_of, is_dense, has_foreign_nan = layouts.of, layouts.count_of, layouts.is_dense,
   layouts.has_foreign_nan
local read, element, sizes, strides = layouts.read, layouts.element, layouts.sizes, layouts.strides
local rawtype, select, tonumber, getmetatable = type, select, tonumber, getmetatable

local methods = {}

-- apply(f), map(y, f), map2(y, z, f): every element becomes f(element of x, of y, of z), where f returns a number.

local function walkable(x)
   local holder = layout_of(x)
   return holder and is_dense(holder) and holder
end

-- By number of tensors: calls f for their elements, until f calls Python. Returns how many are done, and what f returned
-- then. Each is code of its own, with nothing ahead of f, since LuaJIT else compiles it for a single closure, and
-- programs write `x:apply(function(v) ... end)`.
local quick = {}
for count, elements in ipairs{'tonumber(p[i])', 'tonumber(p[i]), tonumber(q[i])',
   'tonumber(p[i]), tonumber(q[i]), tonumber(r[i])'} do
   quick[count] = loadstring(([[
      local world, tonumber = ...
      return function(f, count, p, q, r)
         local epoch = world.epoch
         for i = 0, count - 1 do
            local value = f(%s)
            if world.epoch ~= epoch then return i, value end
            if value then p[i] = value end
         end
         return count
      end]]):format(elements), '=[torch7py/walking]')(world, tonumber)
end

-- Whether that was done here; Python does it for other tensors, and tells what is wrong with the arguments.
local function walk(name, f, ...)
   if rawtype(f) ~= 'function' then return false end
   local tensors, holders = {...}, {}
   local function look()
      for place, tensor in ipairs(tensors) do
         local holder = walkable(tensor)
         holders[place] = holder
         local first = holders[1]
         if not holder or holder._kind ~= first._kind or count_of(holder) ~= count_of(first) then return false end
      end
      return true
   end
   if not look() then return false end
   local a, b, c = holders[1], holders[2], holders[3]
   if has_foreign_nan(a) or b and has_foreign_nan(b) or c and has_foreign_nan(c) then return false end
   local count = count_of(a)
   local done, value = quick[#tensors](f, count, a._pointer, b and b._pointer, c and c._pointer)
   local elements = {}
   while done < count do -- f has called Python: from now on the memory may move
      if not look() or count_of(holders[1]) ~= count then
         error(world.position() .. name .. ': a tensor was resized while its elements were gone through', 0)
      end
      if value then holders[1]._pointer[done] = value end
      done = done + 1
      if done < count then
         for place, holder in ipairs(holders) do elements[place] = element(holder, done) end
         value = f(unpack(elements))
      end
   end
   return true
end

local function listed(holder, at, dim, ...)
   local list, stride = {}, holder[strides[dim]]
   if dim == holder._dim then
      local pointer, words, kind = holder._pointer, holder._words, holder._kind
      for i = 1, holder[sizes[dim]] do list[i] = read(pointer, words, kind, at + (i - 1) * stride) end
   else
      for i = 1, holder[sizes[dim]] do list[i] = listed(holder, at + (i - 1) * stride, dim + 1) end
   end
   return list
end

function methods.totable(call)
   return function(x, ...)
      local holder = layout_of(x)
      if holder and holder._dim > 0 and holder._dim <= 4 and select('#', ...) == 0 then return listed(holder, 0, 1) end
      return call(x, ...)
   end
end

-- Put the numbers of a nested table into a contiguous tensor; false where Python must look, as at a fault.
local function put(holder, list, at, dim, ...)
   local count, kind = holder[sizes[dim]], holder._kind
   if rawtype(list) ~= 'table' or getmetatable(list) ~= nil or #list ~= count then return false end
   if dim == holder._dim then
      local pointer, least, most = holder._pointer, kind.least, kind.most
      for i = 1, count do
         local value = list[i]
         if rawtype(value) ~= 'number' or not (value >= least and value <= most) then return false end
         pointer[at + i - 1] = value
      end
   else
      for i = 1, count do
         if not put(holder, list[i], at + (i - 1) * holder[strides[dim]], dim + 1) then return false end
      end
   end
   return true
end

-- A tensor of the numbers in a table; nil where Python must look.
local function build(construct, list, ...)
   if select('#', ...) > 0 then return nil end
   local counts, level = {}, list
   while rawtype(level) == 'table' and getmetatable(level) == nil and #counts < 5 do
      counts[#counts + 1] = #level
      level = level[1]
   end
   if #counts < 1 or #counts > 4 or rawtype(level) ~= 'number' then return nil end
   local x = construct(unpack(counts))
   return put(layout_of(x), list, 0, 1) and x or nil
end

function methods.apply(call)
   return function(x, f, ...)
      if select('#', ...) == 0 and walk('apply', f, x) then return x end
      return call(x, f, ...)
   end
end

function methods.map(call)
   return function(x, y, f, ...)
      if select('#', ...) == 0 and walk('map', f, x, y) then return x end
      return call(x, y, f, ...)
   end
end

function methods.map2(call)
   return function(x, y, z, f, ...)
      if select('#', ...) == 0 and walk('map2', f, x, y, z) then return x end
      return call(x, y, z, f, ...)
   end
end

layouts.stand_before_stubs(methods)
for typename in pairs(layouts.kinds) do world.builders[typename] = build end

local stubs = world.adopt('torch.Storage').stubs
local storage_totable = stubs.totable
function stubs.totable(storage, ...)
   local record = world.record(storage)
   local memory = record and record.memory and layouts.memory_of(storage, record)
   if memory and memory._pointer then return listed(memory, 0, 1) end
   return storage_totable(storage, ...)
end
