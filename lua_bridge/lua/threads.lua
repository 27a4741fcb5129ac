-- Package threads: pools of Lua states in threads of their own.

local world = ...
local python = world.package_members('threads.python')
local threads = {Mutex = python.Mutex, Condition = python.Condition, safe = require 'threads.safe',
   Threads = require 'threads.threads'}

-- Run Lua code in a thread; thread:free() waits for its end.
function threads.Thread(code)
   return python.Thread(code, world.implementation, package.path)
end

-- `threads(4, f)` and `threads.serialization(name)`, as older programs have them.
return setmetatable(threads, getmetatable(threads.Threads))
