-- What Python's Table does with a table that lives in Lua.

local world = ...
local convert = world.convert
local next, select, type = next, select, type
local helpers = {}

function helpers.get(t, key) return convert(t[key]) end

function helpers.set(t, key, value) t[key] = value end

-- Let the list part be these values.
function helpers.assign(t, ...)
   local count = select('#', ...)
   for i = #t, count + 1, -1 do t[i] = nil end
   for i = 1, count do t[i] = (select(i, ...)) end
end

function helpers.length(t) return #t end

-- The length, true, and `count` values from t[first] on, as far as there are so many.
function helpers.slice(t, first, count)
   local length = #t
   count = math.min(count, length - first + 1)
   local values = {}
   for i = 1, count do values[i] = convert(t[first + i - 1]) end
   return length, true, unpack(values, 1, count)
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
