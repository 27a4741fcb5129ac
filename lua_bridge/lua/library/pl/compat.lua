-- pl.compat: what differs between versions of Lua.

local utils = require 'pl.utils'

return {lua51 = true, jit = jit ~= nil, jit52 = false, dir_separator = '/', is_windows = false,
   execute = utils.execute, load = utils.load, setfenv = setfenv, getfenv = getfenv}
