-- What Python's Table does with a table that lives in Lua.

local world = ...
local convert = world.convert
local next, select, type = next, select, type
local helpers = {}

function helpers.get(t, key) return convert(t[key]) end

function helpers.set(t, key, value) t[key] = value end

function helpers.length(t) return #t end

-- true, and t[first] .. t[last].
function helpers.slice(t, first, last)
   local values = {}
   for i = first, last do values[i - first + 1] = convert(t[i]) end
   return true, unpack(values, 1, last - first + 1)
end

-- Up to `count` pairs behind `key`: whether there are more, the last key, and keys and values in turn.
function helpers.pairs(t, key, count)
   local flat, size = {}, 0
   for _ = 1, count do
      local value
      key, value = next(t, key)
      if key == nil then return false, nil, unpack(flat, 1, size) end
      flat[size + 1], flat[size + 2] = convert(key), convert(value)
      size = size + 2
   end
   return true, key, unpack(flat, 1, size)
end

local identify = world.identify

function helpers.new()
   local t = {}
   return t, identify(t)
end

function helpers.fill(t, start, ...)
   for i = 1, select('#', ...) do t[start + i] = (select(i, ...)) end
end

return helpers
