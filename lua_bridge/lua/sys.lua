-- Package sys: Python's functions; whoever requires it counts on paths too.

local _, sys = ...
local paths = require 'paths'

-- Directory and name of the Lua file that calls this.
function sys.fpath()
   local file = paths.concat((debug.getinfo(2, 'S').source:gsub('@', '')))
   return paths.dirname(file), paths.basename(file)
end

return sys
