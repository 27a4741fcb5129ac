-- pl.Map: a table with methods.

local utils, tablex, class = require 'pl.utils', require 'pl.tablex', require 'pl.class'

local Map = class(nil, nil, utils.stdmt.Map)
Map._name = 'Map'

function Map:_init(entries)
   for key, value in pairs(entries or {}) do self[key] = value end
end

Map.keys, Map.values, Map.update = tablex.keys, tablex.values, tablex.update

function Map:iter() return pairs(self) end

function Map:items()
   local list = tablex.pairmap(function(key, value) return {key, value} end, self)
   table.sort(list, function(a, b) return tostring(a[1]) < tostring(b[1]) end)
   return require 'pl.List'(list)
end

function Map:set(key, value) self[key] = value end
function Map:get(key) return rawget(self, key) end
function Map:getvalues(keys) return require 'pl.List'(tablex.index_by(self, keys)) end

function Map:setdefault(key, default)
   if self[key] == nil then self[key] = default end
   return self[key]
end

function Map:len() return tablex.size(self) end

function Map:__eq(other) return tablex.deepcompare(self, other, true) end
function Map:__tostring() return require('pl.pretty').write(self, '') end

return Map
