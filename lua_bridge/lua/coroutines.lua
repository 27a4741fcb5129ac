-- Coroutines that call Python. A call from within a coroutine is yielded to whoever resumed it, so that Python is
-- only ever entered from the main thread (protocol.lua says why). A script sees nothing of it.

local world = ...
local CROSS = world.cross
local resume, yield, create, select, error = coroutine.resume, coroutine.yield, coroutine.create, select, error

-- Make Python's call here, or hand it on if this is a coroutine too.
local function cross(previous, call, ...)
   if previous then return yield(CROSS, call, ...) end
   return call(...)
end

local function go_on(co, ...)
   world.thread = co
   return resume(co, ...)
end

-- What resume returned: the coroutine's own results, or a call to make for it.
local function pump(co, previous, ...)
   local _, tag = ...
   world.thread = previous
   if tag ~= CROSS then return ... end
   return pump(co, previous, go_on(co, cross(previous, select(3, ...))))
end

function coroutine.resume(co, ...)
   return pump(co, world.thread, go_on(co, ...))
end

local function results(ok, ...)
   if not ok then error(..., 0) end
   return ...
end

function coroutine.wrap(f)
   local co = create(f)
   return function(...)
      return results(coroutine.resume(co, ...))
   end
end
