-- import_into(environment): Penlight's modules by their names, loaded when they are first used.

local MODULES = {}
for name in ([[app class compat data dir file lapp operator path pretty seq stringio stringx tablex text types utils
   List Map MultiMap OrderedMap Set]]):gmatch '%S+' do MODULES[name] = true end

return function(environment)
   environment = type(environment) == 'table' and environment or {}
   local metatable = getmetatable(environment) or {}
   local otherwise = metatable.__index
   metatable.__index = function(t, name)
      if MODULES[name] then
         local ok, loaded = pcall(require, 'pl.' .. name)
         if not ok then error(loaded, 2) end
         rawset(t, name, loaded)
         return loaded
      elseif type(otherwise) == 'function' then
         return otherwise(t, name)
      elseif otherwise then
         return otherwise[name]
      end
   end
   return setmetatable(environment, metatable), environment
end
