-- The Lua half of package dpnn.

local world, dpnn = ...
require 'torchx'

-- `require` that prints what to do about a missing package, before it raises.
function dpnn.require(name)
   local found, message = pcall(require, name)
   if not found then
      print('missing package ' .. tostring(name))
      error(message, 0)
   end
end

-- A function of Lua's, so that it takes effect for Lua's calls as well as for Python's; files hold it as a script's own.
local nothing = loadstring('')

rawset(world.adopt('nn.Module').members, 'dontBackward', function(self)
   for _, name in ipairs{'backward', 'updateGradInput', 'accGradParameters', 'accUpdateGradParameters'} do
      self[name] = nothing
   end
   return self
end)
