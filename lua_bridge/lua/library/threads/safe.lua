-- threads.safe(f, [mutex]): f, run by one thread at a time. What it returns can be sent to other threads.

local function unlock(mutex, ok, ...)
   mutex:unlock()
   if not ok then error(..., 0) end
   return ...
end

return function(f, mutex)
   if type(f) ~= 'function' then error('threads.safe: expected a function, got ' .. type(f), 2) end
   local id = (mutex or require('threads').Mutex()):id()
   return function(...)
      local held = require('threads').Mutex(id)
      held:lock()
      return unlock(held, pcall(f, ...))
   end
end
