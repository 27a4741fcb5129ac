-- pl.List: Python's lists. Places count from 1, and from the end if negative.

local utils, tablex, class = require 'pl.utils', require 'pl.tablex', require 'pl.class'
local function_arg = utils.function_arg

local List = class(nil, nil, utils.stdmt.List)
List._name = 'List'

-- A plain table becomes the list itself, another list or an iterator's values are copied.
function List._create(source)
   if type(source) == 'table' and getmetatable(source) == nil then return source end
   return {}
end

function List:_init(source)
   if self == source or source == nil then return end
   if type(source) == 'table' then
      for i, value in ipairs(source) do self[i] = value end
   else
      for value in List.iterate(source) do table.insert(self, value) end
   end
end

function List.new(...) return List(...) end

local function make(values, model)
   return setmetatable(values, model and getmetatable(model) or List)
end

-- An iterator over a list, a string's characters, a file's lines, or a function's values.
function List.iterate(source)
   if type(source) == 'string' then
      return source:gmatch '.'
   elseif type(source) == 'table' then
      local i = 0
      return function()
         i = i + 1
         return source[i]
      end
   elseif type(source) == 'function' then
      return source
   elseif io.type(source) == 'file' then
      return source:lines()
   end
   error('cannot iterate over a ' .. type(source), 2)
end

function List.range(first, last, step)
   if not last then first, last = 1, first end
   return make(tablex.range(first, last, step))
end

function List.split(text, separator) return make(utils.split(text, separator)) end

function List:iter() return List.iterate(self) end
function List:len() return #self end
function List:clone() return make({unpack(self)}, self) end

function List:append(value)
   self[#self + 1] = value
   return self
end
List.push = table.insert

function List:extend(other)
   for i = 1, #other do self[#self + 1] = other[i] end
   return self
end

function List:insert(place, value)
   table.insert(self, place, value)
   return self
end

function List:put(value) return self:insert(1, value) end

function List:remove(place)
   table.remove(self, place)
   return self
end

function List:remove_value(value)
   for i = 1, #self do
      if self[i] == value then
         table.remove(self, i)
         break
      end
   end
   return self
end

function List:pop(place)
   if not place then place = #self elseif place < 0 then place = #self + place + 1 end
   return table.remove(self, place)
end
List.get = List.pop

List.index = tablex.find
function List:contains(value) return tablex.find(self, value) ~= nil end

function List:count(value)
   local count = 0
   for i = 1, #self do
      if self[i] == value then count = count + 1 end
   end
   return count
end

function List:sort(less)
   table.sort(self, less and function_arg(1, less))
   return self
end

function List:sorted(less) return List(self):clone():sort(less) end

function List:reverse()
   local count = #self
   for i = 1, math.floor(count / 2) do self[i], self[count + 1 - i] = self[count + 1 - i], self[i] end
   return self
end

function List:minmax()
   local least, most = math.huge, -math.huge
   for i = 1, #self do least, most = math.min(least, self[i]), math.max(most, self[i]) end
   return least, most
end

List.slice = tablex.sub

function List:clear()
   for i = #self, 1, -1 do self[i] = nil end
   return self
end

function List:chop(first, last) return tablex.removevalues(self, first, last) end

function List:splice(place, values)
   return tablex.insertvalues(self, place < 0 and #self + place + 1 or place, values)
end

function List:slice_assign(first, last, values)
   first, last = tablex._normalize_slice(self, first, last)
   if last >= first then self:chop(first, last) end
   return self:splice(first, values)
end

function List:join(separator)
   return table.concat(utils.array_tostring(self), separator or '')
end
List.concat = table.concat

function List:foreach(f, ...)
   f = function_arg(1, f)
   for i = 1, #self do f(self[i], ...) end
end

function List:foreachm(name, ...)
   for i = 1, #self do
      local method = self[i][name] or error("method '" .. name .. "' not found in list element", 2)
      method(self[i], ...)
   end
end

function List:filter(predicate, argument) return make(tablex.filter(self, predicate, argument), self) end
function List:map(f, ...) return make(tablex.imap(f, self, ...), self) end
function List:map2(f, other, ...) return make(tablex.imap2(f, self, other, ...), self) end
function List:mapm(name, ...) return make(tablex.map_named_method(name, self, ...), self) end
function List:reduce(f, memo) return tablex.reduce(f, self, memo) end

function List:transform(f, ...)
   tablex.transform(f, self, ...)
   return self
end

-- Lists by what f says of their elements.
function List:partition(f, ...)
   f = function_arg(1, f)
   local parts = {}
   for i = 1, #self do
      local key = f(self[i], ...)
      if key == nil then key = '<nil>' end
      parts[key] = parts[key] or List()
      parts[key]:append(self[i])
   end
   return setmetatable(parts, require 'pl.MultiMap')
end

function List:__concat(other) return List.clone(self):extend(other) end

function List:__eq(other)
   if #self ~= #other then return false end
   for i = 1, #self do
      if self[i] ~= other[i] then return false end
   end
   return true
end

function List:__tostring()
   return '{' .. self:join ',' .. '}'
end

return List
