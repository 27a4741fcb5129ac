-- pl.Set: sets of values, with + (union), * (intersection), - (difference), ^ (symmetric difference), #, ==, <.

local utils, tablex, class = require 'pl.utils', require 'pl.tablex', require 'pl.class'
local Map = require 'pl.Map'

local Set = class(nil, nil, utils.stdmt.Set)
Set._name = 'Set'

-- From a list, or the keys of a set or map.
function Set:_init(values)
   local metatable = type(values) == 'table' and getmetatable(values)
   if metatable == Set or metatable == Map then
      for value in pairs(values) do self[value] = true end
   else
      for _, value in ipairs(values or {}) do self[value] = true end
   end
end

function Set.values(set) return tablex.keys(set) end
function Set.len(set) return tablex.size(set) end
Set.__len = Set.len
function Set.isempty(set) return next(set) == nil end

function Set.map(set, f, ...)
   f = utils.function_arg(1, f)
   local result = {}
   for value in pairs(set) do result[f(value, ...)] = true end
   return Set(tablex.keys(result))
end

local function combine(a, b, keep)
   local result = setmetatable({}, Set)
   for value in pairs(a) do
      if keep(a, b, value) then result[value] = true end
   end
   for value in pairs(b) do
      if keep(a, b, value) then result[value] = true end
   end
   return result
end

local function as_set(value)
   if getmetatable(value) == Set then return value end
   return Set(type(value) == 'table' and value or {value})
end

function Set.union(a, b) return combine(as_set(a), as_set(b), function() return true end) end
function Set.intersection(a, b) return combine(as_set(a), as_set(b), function(x, y, v) return x[v] and y[v] end) end
function Set.difference(a, b) return combine(as_set(a), as_set(b), function(x, y, v) return x[v] and not y[v] end) end
function Set.symmetric_difference(a, b)
   return combine(as_set(a), as_set(b), function(x, y, v) return x[v] ~= y[v] end)
end
Set.__add, Set.__mul, Set.__sub, Set.__pow = Set.union, Set.intersection, Set.difference, Set.symmetric_difference

function Set.issubset(a, b)
   for value in pairs(a) do
      if not b[value] then return false end
   end
   return true
end
Set.__lt = Set.issubset

function Set.isdisjoint(a, b) return Set.isempty(Set.intersection(a, b)) end
function Set.__eq(a, b) return Set.issubset(a, b) and Set.issubset(b, a) end

function Set.__tostring(set)
   local texts = {}
   for value in pairs(set) do table.insert(texts, tostring(value)) end
   table.sort(texts)
   return '[' .. table.concat(texts, ',') .. ']'
end

return Set
