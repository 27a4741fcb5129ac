-- A queue of jobs that threads put in and take out: Queue(size, [serialization]), or Queue(id) for that of an id.

local world = ...
local python = world.package_members('threads.python')

local Queue = {}

function Queue:__index(key)
   if key == 'isfull' then return python.full(self.exchange, 0) and 1 or 0 end
   if key == 'isempty' then return python.empty(self.exchange, 0) and 1 or 0 end
   return Queue[key]
end

function Queue:id() return self.number end

function Queue:retain() end

function Queue:free() end

-- Add a function and its arguments, once there is room.
function Queue:addjob(callback, ...)
   local save = require(self.serialize).save
   python.put(self.exchange, 0, save{callback = callback, count = select('#', ...), ...})
end

-- Wait for a job, call the function, and return what it returns.
function Queue:dojob()
   local job = require(self.serialize).load((python.take(self.exchange, 0)))
   return job.callback(unpack(job, 1, job.count))
end

function Queue.new(size, serialization)
   local self = {}
   self.exchange, self.number, self.serialize = python.queue(size, serialization)
   return setmetatable(self, Queue)
end

return setmetatable({}, {__index = Queue, __newindex = Queue, __call = function(_, ...) return Queue.new(...) end})
