-- pl.OrderedMap: a Map that keeps the order in which its keys came.

local tablex, class, List, Map = require 'pl.tablex', require 'pl.class', require 'pl.List', require 'pl.Map'

local OrderedMap = class(Map)
OrderedMap._name = 'OrderedMap'

function OrderedMap:_init(entries)
   rawset(self, '_keys', List())
   if entries then
      local ok, message = self:update(entries)
      if not ok then error(message, 2) end
   end
end

-- Add the entries of an ordered map, of a map, or of a list of {key = value}.
function OrderedMap:update(entries)
   if OrderedMap:class_of(entries) then
      for key, value in entries:iter() do self:set(key, value) end
   elseif #entries > 0 then
      for _, pair in ipairs(entries) do
         local key, value = next(pair)
         if key == nil then return nil, 'empty pair initialization table' end
         self:set(key, value)
      end
   else
      for key, value in pairs(entries) do self:set(key, value) end
   end
   return self
end

-- nil removes a key.
function OrderedMap:set(key, value)
   if rawget(self, key) == nil and value ~= nil then
      self._keys:append(key)
   elseif value == nil and rawget(self, key) ~= nil then
      self._keys:remove_value(key)
   end
   rawset(self, key, value)
   return self
end

OrderedMap.__newindex = OrderedMap.set

function OrderedMap:insert(place, key, value)
   if value == nil and rawget(self, key) == nil then return self end
   if rawget(self, key) ~= nil then self._keys:remove_value(key) end
   if value == nil then value = rawget(self, key) end
   self._keys:insert(place, key)
   rawset(self, key, value)
   return self
end

function OrderedMap:keys() return self._keys end
function OrderedMap:values() return List(tablex.index_by(self, self._keys)) end

function OrderedMap:sort(less)
   self._keys:sort(less)
   return self
end

function OrderedMap:iter()
   local i = 0
   return function()
      i = i + 1
      local key = self._keys[i]
      if key ~= nil then return key, rawget(self, key) end
   end
end
OrderedMap.__pairs = OrderedMap.iter

function OrderedMap:__tostring()
   local texts = {}
   for key, value in self:iter() do
      table.insert(texts, tostring(key) .. '=' .. (type(value) == 'string' and '"' .. value .. '"' or tostring(value)))
   end
   return '{' .. table.concat(texts, ',') .. '}'
end

return OrderedMap
