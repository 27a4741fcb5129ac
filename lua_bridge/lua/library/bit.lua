-- LuaJIT's package bit, for a Lua without it: results are numbers -2^31 .. 2^31 - 1.

package.loaded.bit = {by_arithmetic = true}
local bit32 = require 'bit32'
local bit = {}

local function signed(x) return x >= 2 ^ 31 and x - 2 ^ 32 or x end

function bit.tobit(x) return signed(math.floor(x) % 2 ^ 32) end

for _, name in ipairs{'band', 'bor', 'bxor', 'bnot'} do
   local f = bit32[name]
   bit[name] = function(...) return signed(f(...)) end
end

for name, f in pairs{lshift = bit32.lshift, rshift = bit32.rshift, arshift = bit32.arshift, rol = bit32.lrotate,
   ror = bit32.rrotate} do
   bit[name] = function(x, n) return signed(f(x, n % 32)) end
end

function bit.bswap(x)
   local a, b, c, d = bit32.extract(x, 0, 8), bit32.extract(x, 8, 8), bit32.extract(x, 16, 8), bit32.extract(x, 24, 8)
   return signed(((a * 256 + b) * 256 + c) * 256 + d)
end

-- The last n digits (8) of a number in base 16; capitals for negative n.
function bit.tohex(x, n)
   n = n or 8
   local text = ('%08x'):format(math.floor(x) % 2 ^ 32)
   text = (n < 0 and text:upper() or text):sub(-math.min(math.abs(n), 8))
   return ('0'):rep(math.abs(n) - #text) .. text
end

package.loaded.bit = bit
return bit
