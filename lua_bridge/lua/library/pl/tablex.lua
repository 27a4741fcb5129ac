-- pl.tablex: functions on tables.

local utils, types = require 'pl.utils', require 'pl.types'
local function_arg = utils.function_arg
local tablex = {}

local function check(n, t)
   if not types.is_iterable(t) then error(('argument %d is not iterable'):format(n), 3) end
   return t
end

local function like(result, t, metatable)
   return setmetatable(result, getmetatable(t) or metatable and utils.stdmt[metatable] or nil)
end

local function list(result) return setmetatable(result, require 'pl.List') end

-- Copies ------------------------------------------------------------------------------------------------------------

-- Put the entries of one table into another.
function tablex.update(to, from)
   for key, value in pairs(check(2, from)) do check(1, to)[key] = value end
   return to
end

function tablex.size(t)
   local count = 0
   for _ in pairs(check(1, t)) do count = count + 1 end
   return count
end

function tablex.copy(t) return tablex.update({}, check(1, t)) end

-- Tables in tables are copied too, and keep their metatables.
function tablex.deepcopy(t)
   local copies = {}
   local function copy(value)
      if type(value) ~= 'table' then return value end
      if not copies[value] then
         local new = {}
         copies[value] = new
         for key, inner in pairs(value) do new[copy(key)] = copy(inner) end
         setmetatable(new, getmetatable(value))
      end
      return copies[value]
   end
   return copy(check(1, t))
end

-- tablex.icopy(to, from, [where to, where from, how many]): elements of lists; what was behind goes.
function tablex.icopy(to, from, at, first, count)
   at, first = at or 1, first or 1
   count = count or #from - first + 1
   local length = #to
   for i = 0, count - 1 do to[at + i] = from[first + i] end
   for i = length, at + count, -1 do to[i] = nil end
   return to
end

-- The same, but what was behind stays.
function tablex.move(to, from, at, first, count)
   at, first = at or 1, first or 1
   count = math.min(count or #from, #from - first + 1)
   local values = {}
   for i = 0, count - 1 do values[i] = from[first + i] end
   for i = 0, count - 1 do to[at + i] = values[i] end
   return to
end

-- Comparisons -------------------------------------------------------------------------------------------------------

-- Same content, tables in tables too; numbers may differ by `tolerance`.
function tablex.deepcompare(a, b, ignore_metatables, tolerance)
   if type(a) ~= type(b) then return false end
   if type(a) ~= 'table' then
      if type(a) == 'number' and tolerance then return math.abs(a - b) < tolerance end
      return a == b
   end
   if rawequal(a, b) then return true end
   local metatable = getmetatable(a)
   if not ignore_metatables and metatable and metatable.__eq then return a == b end
   for key in pairs(b) do
      if a[key] == nil then return false end
   end
   for key, value in pairs(a) do
      if b[key] == nil or not tablex.deepcompare(value, b[key], ignore_metatables, tolerance) then return false end
   end
   return true
end

-- Lists with equal elements, as `equal` sees it.
function tablex.compare(a, b, equal)
   if #a ~= #b then return false end
   equal = function_arg(3, equal)
   for i = 1, #a do
      if not equal(a[i], b[i]) then return false end
   end
   return true
end

function tablex.compare_no_order(a, b, equal)
   if #a ~= #b then return false end
   equal = equal and function_arg(3, equal) or function(x, y) return x == y end
   local used = {}
   for i = 1, #a do
      local found
      for j = 1, #b do
         if not used[j] and equal(a[i], b[j]) then
            found = j
            break
         end
      end
      if not found then return false end
      used[found] = true
   end
   return true
end

-- Searches ----------------------------------------------------------------------------------------------------------

function tablex.find(t, value, first)
   first = first or 1
   if first < 0 then first = #t + first + 1 end
   for i = first, #t do
      if t[i] == value then return i end
   end
end

function tablex.rfind(t, value, last)
   last = last or #t
   if last < 0 then last = #t + last + 1 end
   for i = last, 1, -1 do
      if t[i] == value then return i end
   end
end

-- The first place for which condition(element, argument) holds, and its answer.
function tablex.find_if(t, condition, argument)
   condition = function_arg(2, condition)
   for i = 1, #t do
      local answer = condition(t[i], argument)
      if answer then return i, answer end
   end
end

-- The way to a value, as 'a.b'.
function tablex.search(t, value, exclude)
   local seen = {[t] = true}
   for _, skipped in pairs(exclude or {}) do seen[skipped] = true end
   local function search(inner, path)
      for key, found in pairs(inner) do
         if found == value then return path .. tostring(key) end
      end
      for key, found in pairs(inner) do
         if type(found) == 'table' and not seen[found] then
            seen[found] = true
            local way = search(found, path .. tostring(key) .. '.')
            if way then return way end
         end
      end
   end
   return search(t, '')
end

-- Maps --------------------------------------------------------------------------------------------------------------

-- f(value, ...) for each entry.
function tablex.map(f, t, ...)
   f = function_arg(1, f)
   local result = {}
   for key, value in pairs(check(2, t)) do result[key] = f(value, ...) end
   return like(result, t)
end

-- The same for a list; false where f returns nil.
function tablex.imap(f, t, ...)
   f = function_arg(1, f)
   local result = {}
   for i = 1, #t do
      result[i] = f(t[i], ...) or false
   end
   return like(result, t, 'List')
end

function tablex.map_named_method(name, t, ...)
   local result = {}
   for i = 1, #t do result[i] = t[i][name](t[i], ...) end
   return like(result, t, 'List')
end

-- As map, in place.
function tablex.transform(f, t, ...)
   f = function_arg(1, f)
   for key, value in pairs(check(2, t)) do t[key] = f(value, ...) end
end

-- f(a's, b's, ...) for the keys that both have.
function tablex.map2(f, a, b, ...)
   f = function_arg(1, f)
   local result = {}
   for key, value in pairs(check(2, a)) do
      if b[key] ~= nil then result[key] = f(value, b[key], ...) end
   end
   return like(result, a, 'Map')
end

function tablex.imap2(f, a, b, ...)
   f = function_arg(1, f)
   local result = {}
   for i = 1, math.min(#a, #b) do result[i] = f(a[i], b[i], ...) end
   return result
end

-- f of the i-th elements of all lists.
function tablex.mapn(f, ...)
   f = function_arg(1, f)
   local lists, least, result = {...}, math.huge, {}
   for _, values in ipairs(lists) do least = math.min(least, #values) end
   for i = 1, least do
      local arguments = {}
      for j, values in ipairs(lists) do arguments[j] = values[i] end
      result[i] = f(unpack(arguments, 1, #lists))
   end
   return list(result)
end

-- f(key, value, ...) returns a value and perhaps a key.
function tablex.pairmap(f, t, ...)
   f = function_arg(1, f)
   local result = {}
   for key, value in pairs(check(2, t)) do
      local new, new_key = f(key, value, ...)
      if new_key == nil then
         table.insert(result, new)
      elseif result[new_key] == nil then
         result[new_key] = new
      elseif type(result[new_key]) == 'table' and result[new_key] ~= new then
         table.insert(result[new_key], new)
      else
         result[new_key] = {result[new_key], new}
      end
   end
   return result
end

-- f(f(first, second), third) ...
function tablex.reduce(f, t, memo)
   f = function_arg(1, f)
   local first = 1
   if memo == nil then
      if #t == 0 then return nil end
      memo, first = t[1], 2
   end
   for i = first, #t do memo = f(memo, t[i]) end
   return memo
end

function tablex.foreach(t, f, ...)
   f = function_arg(2, f)
   for key, value in pairs(check(1, t)) do f(value, key, ...) end
end

function tablex.foreachi(t, f, ...)
   f = function_arg(2, f)
   for i = 1, #t do f(t[i], i, ...) end
end

-- The elements of a list that the predicate accepts.
function tablex.filter(t, predicate, argument)
   predicate = function_arg(2, predicate)
   local result = {}
   for i = 1, #t do
      if predicate(t[i], argument) then table.insert(result, t[i]) end
   end
   return like(result, t, 'List')
end

-- Keys, values, sets ------------------------------------------------------------------------------------------------

function tablex.keys(t)
   local result = {}
   for key in pairs(check(1, t)) do table.insert(result, key) end
   return list(result)
end

function tablex.values(t)
   local result = {}
   for _, value in pairs(check(1, t)) do table.insert(result, value) end
   return list(result)
end

-- value -> its place.
function tablex.index_map(t)
   local result = {}
   for i = 1, #t do result[t[i]] = i end
   return setmetatable(result, require 'pl.Map')
end

-- The values of these keys.
function tablex.index_by(t, keys)
   local result = {}
   for _, key in ipairs(keys) do table.insert(result, t[key]) end
   return like(result, t, 'List')
end

function tablex.makeset(t)
   local result = {}
   for i = 1, #t do result[t[i]] = true end
   return setmetatable(result, require 'pl.Set')
end

-- What both have; with `all`, what one of them has.
function tablex.merge(a, b, all)
   local result = {}
   for key, value in pairs(check(1, a)) do
      if all or b[key] ~= nil then result[key] = value end
   end
   if all then
      for key, value in pairs(check(2, b)) do result[key] = value end
   end
   return like(result, a, 'Map')
end

function tablex.union(a, b) return tablex.merge(a, b, true) end
function tablex.intersection(a, b) return tablex.merge(a, b, false) end

-- What only a has; if symmetric, what only one has.
function tablex.difference(a, b, symmetric)
   local result = {}
   for key, value in pairs(check(1, a)) do
      if b[key] == nil then result[key] = value end
   end
   if symmetric then
      for key, value in pairs(check(2, b)) do
         if a[key] == nil then result[key] = value end
      end
   end
   return like(result, a, 'Map')
end

-- value -> how often it is there.
function tablex.count_map(t)
   local result = {}
   for _, value in ipairs(t) do result[value] = (result[value] or 0) + 1 end
   return setmetatable(result, require 'pl.Map')
end

-- Lists -------------------------------------------------------------------------------------------------------------

function tablex.range(first, last, step)
   local result = {}
   for value = first, last, step or 1 do table.insert(result, value) end
   return list(result)
end

-- {{a1, b1}, {a2, b2}, ...}
function tablex.zip(...)
   return tablex.mapn(function(...) return {...} end, ...)
end

function tablex.new(n, value)
   local result = {}
   for i = 1, n do result[i] = value end
   return result
end

function tablex.set(t, value, first, last)
   for i = first or 1, last or #t do t[i] = value end
end

function tablex.clear(t, first)
   for i = #t, first or 1, -1 do table.remove(t, i) end
end

function tablex._normalize_slice(t, first, last)
   local length = #t
   first, last = first or 1, last or length
   if first < 0 then first = math.max(1, length + first + 1) end
   if last < 0 then last = length + 1 + last end
   return first, last
end

-- The elements first..last; negative places count from the end.
function tablex.sub(t, first, last)
   first, last = tablex._normalize_slice(t, first, last)
   local result = {}
   for i = first, last do table.insert(result, t[i]) end
   return like(result, t, 'List')
end

-- tablex.insertvalues(t, [place], values)
function tablex.insertvalues(t, place, values)
   if not values then place, values = #t + 1, place end
   local count = #values
   for i = #t, place, -1 do t[i + count] = t[i] end
   for i = 1, count do t[place + i - 1] = values[i] end
   return t
end

function tablex.removevalues(t, first, last)
   first, last = tablex._normalize_slice(t, first, last)
   for _ = first, last do table.remove(t, first) end
   return t
end

-- Walk through a table by its keys in order.
function tablex.sort(t, less)
   local keys = {}
   for key in pairs(t) do table.insert(keys, key) end
   table.sort(keys, less)
   local i = 0
   return function()
      i = i + 1
      return keys[i], t[keys[i]]
   end
end

-- The same by its values.
function tablex.sortv(t, less)
   less = function_arg(2, less or '<')
   local keys = {}
   for key in pairs(t) do table.insert(keys, key) end
   table.sort(keys, function(a, b) return less(t[a], t[b]) end)
   local i = 0
   return function()
      i = i + 1
      return keys[i], t[keys[i]]
   end
end

-- A table that shows another and can't be changed.
function tablex.readonly(t)
   return setmetatable({}, {__index = t, __metatable = false, __newindex = function()
      error('Attempt to modify read-only table', 2)
   end})
end

return tablex
