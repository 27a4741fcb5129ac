-- pl.seq: sequences, that is iterators, and lists as such.

local utils = require 'pl.utils'
local function_arg = utils.function_arg
local seq = {}

local function iterator(source)
   if type(source) == 'table' and getmetatable(source) == nil or type(source) == 'table' and source[1] ~= nil then
      return seq.list(source)
   end
   return source
end

function seq.greater_than(x) return function(value) return tonumber(value) > x end end
function seq.less_than(x) return function(value) return tonumber(value) < x end end
function seq.equal_to(x)
   if type(x) == 'number' then return function(value) return tonumber(value) == x end end
   return function(value) return value == x end
end
function seq.matching(pattern) return function(value) return value:find(pattern) end end

function seq.list(values)
   local i = 0
   return function()
      i = i + 1
      return values[i]
   end
end

function seq.keys(t)
   local key
   return function()
      key = next(t, key)
      return key
   end
end

function seq.range(first, last)
   local value = first - 1
   return function()
      value = value + 1
      if value <= last then return value end
   end
end

function seq.random(n, low, high)
   local count = 0
   return function()
      count = count + 1
      if count > n then return nil end
      if low == nil then return math.random() end
      if high == nil then return math.random(low) end
      return math.random(low, high)
   end
end

function seq.copy(source)
   local values = {}
   for value in iterator(source) do table.insert(values, value) end
   return setmetatable(values, require 'pl.List')
end

function seq.copy2(source, a, b)
   local values = {}
   for x, y in source, a, b do table.insert(values, {x, y}) end
   return values
end

function seq.count(source, condition, argument)
   condition = condition and function_arg(2, condition)
   local count = 0
   for value in iterator(source) do
      if not condition or condition(value, argument) then count = count + 1 end
   end
   return count
end

function seq.minmax(source)
   local least, most
   for value in iterator(source) do
      if not least or value < least then least = value end
      if not most or value > most then most = value end
   end
   return least, most
end

-- The sum and the number of values.
function seq.sum(source, f)
   local sum, count = 0, 0
   for value in iterator(source) do
      sum, count = sum + (f and f(value) or value), count + 1
   end
   return sum, count
end

function seq.sort(source, less)
   local values = seq.copy(source)
   table.sort(values, less)
   return seq.list(values)
end

function seq.zip(a, b)
   a, b = iterator(a), iterator(b)
   return function()
      local x, y = a(), b()
      return x, y
   end
end

function seq.count_map(source)
   local counts = {}
   for value in iterator(source) do counts[value] = (counts[value] or 0) + 1 end
   return setmetatable(counts, require 'pl.Map')
end

function seq.unique(source, as_table)
   local keys = {}
   for value in iterator(source) do keys[value] = true end
   local values = seq.copy(seq.keys(keys))
   return as_table and values or seq.list(values)
end

function seq.splice(a, b)
   a, b = iterator(a), iterator(b)
   return function()
      local value = a()
      if value == nil then
         a = b
         value = a()
      end
      return value
   end
end

function seq.map(f, source, argument)
   f, source = function_arg(1, f), iterator(source)
   return function()
      local value, second = source()
      if value == nil then return nil end
      return f(value, argument == nil and second or argument)
   end
end

function seq.filter(source, predicate, argument)
   source, predicate = iterator(source), function_arg(2, predicate)
   return function()
      local value, second = source()
      while value ~= nil do
         if predicate(value, argument) then return value, second end
         value, second = source()
      end
   end
end

function seq.reduce(f, source, memo)
   f, source = function_arg(1, f), iterator(source)
   if memo == nil then memo = source() end
   if memo == nil then return nil end
   for value in source do memo = f(memo, value) end
   return memo
end

function seq.take(source, n)
   source = iterator(source)
   local count = 0
   return function()
      count = count + 1
      if count <= n then return source() end
   end
end

function seq.skip(source, n)
   source = iterator(source)
   for _ = 1, n do source() end
   return source
end

function seq.enum(source)
   source = iterator(source)
   local i = 0
   return function()
      local value, second = source()
      if value == nil then return nil end
      i = i + 1
      return i, value, second
   end
end

function seq.mapmethod(source, name, a, b)
   return seq.map(function(value) return value[name](value, a, b) end, source)
end

-- Each value with the one before.
function seq.last(source)
   source = iterator(source)
   local before = source()
   return function()
      local value = source()
      if value == nil then return nil end
      local earlier = before
      before = value
      return value, earlier
   end
end

function seq.foreach(source, f)
   f = function_arg(2, f)
   for value in iterator(source) do f(value) end
end

function seq.lines(file, ...)
   if not file then return io.lines() end
   return type(file) == 'string' and io.lines(file) or file:lines(...)
end

function seq.printall(source, separator, per_line, format)
   local write, i = io.write, 0
   separator, per_line = separator or ' ', per_line or 7
   for value in iterator(source) do
      i = i + 1
      write(format and format:format(value) or tostring(value), i % per_line == 0 and '\n' or separator)
   end
   write '\n'
end

-- seq(source): the same functions as methods, in a chain: seq{1, 2}:map(f):copy().
local Chain = {}

local function chain(source) return setmetatable({next = iterator(source)}, Chain) end

function Chain:__call(...) return self.next(...) end

function Chain:__index(name)
   local f = seq[name]
   if not f then return nil end
   return function(_, ...)
      local results = {}
      if name == 'map' or name == 'reduce' then
         results[1] = f((...), self.next, select(2, ...))
      else
         results[1], results[2] = f(self.next, ...)
      end
      if type(results[1]) == 'function' then return chain(results[1]) end
      return unpack(results, 1, 2)
   end
end

return setmetatable(seq, {__call = function(_, source, argument)
   if argument ~= nil then
      local f, state, key = source, argument, nil
      return chain(function()
         local value
         key, value = f(state, key)
         return key, value
      end)
   end
   return chain(source)
end})
