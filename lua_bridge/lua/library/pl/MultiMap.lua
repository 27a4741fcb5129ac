-- pl.MultiMap: a Map whose values are lists; `set` adds to them.

local utils, class, List, Map = require 'pl.utils', require 'pl.class', require 'pl.List', require 'pl.Map'

local MultiMap = class(Map, nil, utils.stdmt.MultiMap)
MultiMap._name = 'MultiMap'

function MultiMap:_init(entries) self:update(entries or {}) end

function MultiMap:update(entries)
   for key, value in pairs(entries) do self[key] = List(value) end
   return self
end

function MultiMap:set(key, value)
   if value == nil then
      self[key] = nil
   else
      self[key] = self[key] or List()
      self[key]:append(value)
   end
end

return MultiMap
