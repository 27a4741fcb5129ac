-- Package dok, as far as programs use it: checked and named arguments, usage texts, errors.

local xlua = require 'xlua'

local dok = {usage = xlua.usage, colors = require('sys').COLORS}

-- As xlua.unpack, but all arguments may be missing.
function dok.unpack(args, ...)
   return xlua.unpack(#args == 0 and {{}} or args, ...)
end

-- An error, with the function's name before it.
function dok.error(message, domain)
   error((domain and '<' .. domain .. '> ' or '') .. tostring(message), 2)
end

_G.dok = dok

return dok
