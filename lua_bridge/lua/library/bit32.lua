-- Package bit32 of Lua 5.2: operations on the bits of numbers 0 .. 2^32 - 1. Without LuaJIT's bit, by arithmetic.

local WORD = 2 ^ 32
local floor = math.floor
local bit32 = {}

local function word(x) return floor(x) % WORD end

-- Four bits at a time from tables.
local function by_table(operation)
   local results = {}
   for a = 0, 15 do
      results[a] = {}
      for b = 0, 15 do
         local value = 0
         for place = 0, 3 do
            value = value + operation(floor(a / 2 ^ place) % 2, floor(b / 2 ^ place) % 2) * 2 ^ place
         end
         results[a][b] = value
      end
   end
   return function(a, b)
      local value, unit = 0, 1
      for _ = 1, 8 do
         value = value + results[a % 16][b % 16] * unit
         a, b, unit = floor(a / 16), floor(b / 16), unit * 16
      end
      return value
   end
end

local has_bit, bit = pcall(require, 'bit')
local function either(name, operation)
   if not has_bit or not bit.tobit or bit.by_arithmetic then return by_table(operation) end
   local native = bit[name]
   return function(a, b) return native(a, b) % WORD end
end

local both = either('band', function(a, b) return a * b end)
local any = either('bor', function(a, b) return math.max(a, b) end)
local one = either('bxor', function(a, b) return (a + b) % 2 end)

local function over_all(operation, neutral)
   return function(...)
      local value = neutral
      for i = 1, select('#', ...) do value = operation(value, word((select(i, ...)))) end
      return value
   end
end
bit32.band, bit32.bor, bit32.bxor = over_all(both, WORD - 1), over_all(any, 0), over_all(one, 0)

function bit32.bnot(x) return WORD - 1 - word(x) end
function bit32.btest(...) return bit32.band(...) ~= 0 end

function bit32.lshift(x, n)
   if n < 0 then return bit32.rshift(x, -n) end
   return n > 31 and 0 or word(x) * 2 ^ n % WORD
end

function bit32.rshift(x, n)
   if n < 0 then return bit32.lshift(x, -n) end
   return n > 31 and 0 or floor(word(x) / 2 ^ n)
end

function bit32.arshift(x, n)
   x = word(x)
   if n < 0 or x < WORD / 2 then return bit32.rshift(x, n) end
   return n > 31 and WORD - 1 or word((x - WORD) / 2 ^ n)
end

function bit32.lrotate(x, n)
   n = n % 32
   return bit32.lshift(x, n) + bit32.rshift(x, 32 - n)
end

function bit32.rrotate(x, n) return bit32.lrotate(x, -n) end

local function check_field(field, width)
   if field < 0 or width < 1 or field + width > 32 then error('trying to access non-existent bits', 3) end
end

function bit32.extract(x, field, width)
   width = width or 1
   check_field(field, width)
   return floor(word(x) / 2 ^ field) % 2 ^ width
end

function bit32.replace(x, value, field, width)
   width = width or 1
   check_field(field, width)
   x = word(x)
   return x + (word(value) % 2 ^ width - bit32.extract(x, field, width)) * 2 ^ field
end

return bit32
