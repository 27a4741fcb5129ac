-- What a thread of a pool does: take jobs from its own queue and from everyone's, and put results in theirs, until
-- the exchange is closed.

local world = ...
local python = world.package_members('threads.python')
local put, take = python.put, python.take

local function describe(value)
   if type(value) ~= 'string' and type(value) ~= 'number' then return tostring(value) end
   return world.traceback(value)
end

local function results(ok, ...)
   if ok then return {count = select('#', ...), ...} end
   return {failed = (...)}
end

return function(id, exchange, everyones, theirs, serialization)
   local serialize = require(serialization)
   while true do
      local parcel, number = take(exchange, id, everyones)
      if parcel == nil then return end
      local ok, result = xpcall(function()
         local job = serialize.load(parcel)
         return serialize.save(results(xpcall(function() return job.callback(unpack(job, 1, job.count)) end, describe)))
      end, describe)
      if not ok then result = serialize.save{failed = result} end
      put(exchange, theirs, result, number, id)
   end
end
