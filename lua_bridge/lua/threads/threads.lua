-- threads.Threads: a pool of threads that do jobs. A job is a function, sent with its upvalues and arguments to one of
-- them; its results come back to the ending callback.

local world = ...
local python = world.package_members('threads.python')
local put, take, full = python.put, python.take, python.full

local Threads = {}
Threads.__index = Threads

local serialization = 'threads.serialize'

-- The package that is used from now on to copy what threads send each other; without a name, which one that is.
function Threads.serialization(name)
   if not name then return serialization end
   if type(name) ~= 'string' then error(world.position() .. 'threads.serialization: expected a package name', 0) end
   serialization = name
end

-- What a thread does: jobs from its own queue or from everyone's, until the exchange is closed.
local WORKER = [[
   local id = ...
   __threadid = id
   require 'threads.worker'(...)
]]

-- The pools that have jobs: these must be done before the program ends.
local busy = {}

local function fail(message) error(world.position() .. message, 0) end

local function check(self)
   if not self:isrunning() then fail('thread system is not running') end
end

-- threads.Threads(N, f1, f2, ...): N threads that each call f1(id), then f2(id), ... A second result is a list of what
-- the last of these returned, a table for each thread.
function Threads.new(N, ...)
   if type(N) ~= 'number' or N < 1 then fail('threads.Threads: expected a number of threads, got ' .. tostring(N)) end
   local self = setmetatable({N = N, threads = {}, endcallbacks = {n = 0}, errors = false}, Threads)
   self.__serialize = serialization
   self.__running, self.__specific = true, true
   self.__everyones, self.__results = N + 1, 0 -- their queues in the exchange; that of thread i is i
   self.__exchange = python.exchange(N + 2, N)
   self.__owner = python.close_with(self.__exchange)
   for i = 1, N do
      self.threads[i] = python.Thread(WORKER, world.implementation, package.path, i, self.__exchange, N + 1, 0,
         serialization)
   end
   local initial = {}
   local first = select('#', ...) > 0 and {...} or {loadstring ''}
   for position, f in ipairs(first) do
      for i = 1, N do
         self:addjob(i, f, function(...)
            if position == #first then table.insert(initial, {...}) end
         end, i)
      end
   end
   self:specific(false)
   return self, initial
end

function Threads:isrunning()
   return self.__running
end

-- Whether jobs are for a thread of their own; with a boolean: make it so, once all jobs are done.
function Threads:specific(flag)
   check(self)
   if flag == nil then return self.__specific end
   if type(flag) ~= 'boolean' then fail('Threads:specific: boolean expected') end
   self:synchronize()
   self.__specific = flag
end

local function queue_of(self, id)
   if not self.__specific then return self.__everyones end
   if type(id) ~= 'number' or id < 1 or id > self.N then
      fail(('thread index expected (1 to %d), got %s'):format(self.N, tostring(id)))
   end
   return id
end

-- Can a job be added without waiting for one that is done?
function Threads:acceptsjob(id)
   check(self)
   return not full(self.__exchange, queue_of(self, id))
end

local function add(self, id, callback, endcallback, ...)
   if type(callback) ~= 'function' then fail('function callback expected') end
   if endcallback ~= nil and type(endcallback) ~= 'function' then fail('function (or nil) endcallback expected') end
   local queue = queue_of(self, id)
   while full(self.__exchange, queue) do self:dojob() end
   local job = {callback = callback, count = select('#', ...), ...}
   local parcel = require(self.__serialize).save(job)
   local callbacks = self.endcallbacks
   local number = #callbacks + 1
   callbacks[number] = endcallback or function() end
   callbacks.n = callbacks.n + 1
   busy[self] = true
   put(self.__exchange, queue, parcel, number)
end

-- Threads:addjob([id], callback, [endcallback], ...): `callback(...)` is run in a thread, that of the id if the pool is
-- specific; then `endcallback` is called here with its results, by dojob or synchronize.
function Threads:addjob(...)
   check(self)
   self.errors = false
   if self.__specific then return add(self, ...) end
   return add(self, nil, ...)
end

-- Wait for a job that is done, and call its ending callback. A job's error is raised here.
function Threads:dojob()
   check(self)
   self.errors = false
   local parcel, number, id = take(self.__exchange, self.__results)
   local callbacks = self.endcallbacks
   local endcallback = callbacks[number]
   callbacks[number] = nil
   callbacks.n = callbacks.n - 1
   if callbacks.n == 0 then busy[self] = nil end
   local result = require(self.__serialize).load(parcel)
   if result.failed then
      self.errors = true
      fail(('[thread %d callback] %s'):format(id, result.failed))
   end
   local ok, message = xpcall(function() return endcallback(unpack(result, 1, result.count)) end, world.traceback)
   if not ok then
      self.errors = true
      fail(('[thread %d endcallback] %s'):format(id, tostring(message)))
   end
end

-- Is there a job whose ending callback was not called yet?
function Threads:hasjob()
   check(self)
   return self.endcallbacks.n > 0
end

function Threads:haserror() return false end -- errors are raised at once

-- Wait for all jobs.
function Threads:synchronize()
   if not self.__running then return end
   self.errors = false
   while self:hasjob() do self:dojob() end
end

-- Wait for all jobs and end the threads.
function Threads:terminate()
   if not self.__running then return end
   local ok, message = pcall(self.synchronize, self)
   self.__running = false
   busy[self] = nil
   python.close(self.__exchange)
   for _, thread in ipairs(self.threads) do thread:free() end
   if not ok then error(message, 0) end
end

-- What a program does that ends without terminating its pools.
function world.finish_threads()
   for pool in pairs(busy) do pool:terminate() end
end

return setmetatable({}, {
   __index = Threads, __newindex = Threads, __call = function(_, ...) return Threads.new(...) end,
})
