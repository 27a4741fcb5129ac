-- pl.pretty: tables as Lua code, and back.

local utils = require 'pl.utils'
local pretty = {}

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true until
   while]]):gmatch '%a+' do KEYWORDS[word] = true end

local function is_name(key) return type(key) == 'string' and key:find '^[%a_][%w_]*$' and not KEYWORDS[key] end

local function quoted(text) return require('pl.stringx').quote_string(text) end

local function key_text(key, space)
   if is_name(key) then return key end
   local text = type(key) == 'string' and quoted(key) or tostring(key)
   if text:sub(1, 1) == '[' then text = ' ' .. text .. ' ' end
   return '[' .. text .. ']'
end

-- Numbers, then strings, then the rest.
local function sorted_keys(t)
   local rank, keys = {number = 1, string = 2}, {}
   for key in pairs(t) do table.insert(keys, key) end
   table.sort(keys, function(a, b)
      local rank_a, rank_b = rank[type(a)] or 3, rank[type(b)] or 3
      if rank_a ~= rank_b then return rank_a < rank_b end
      if rank_a == 3 then return tostring(a) < tostring(b) end
      return a < b
   end)
   return keys
end

-- A table as Lua code. space: the indentation (two blanks); '' for all on one line.
function pretty.write(value, space, plain)
   if type(value) ~= 'table' then
      if type(value) == 'string' then return quoted(value) end
      return tostring(value), 'not a table'
   end
   space = space or '  '
   local lines, open = {}, {}
   local function write(inner, indent)
      if type(inner) == 'string' then return quoted(inner) end
      if type(inner) ~= 'table' then return tostring(inner) end
      local metatable = getmetatable(inner)
      if metatable and metatable.__tostring and inner ~= value then return tostring(inner) end
      if open[inner] then return '<cycle>' end
      open[inner] = true
      local deeper = indent .. space
      local parts, listed = {}, {}
      for i, element in ipairs(inner) do
         listed[i] = true
         table.insert(parts, write(element, deeper))
      end
      for _, key in ipairs(sorted_keys(inner)) do
         if not listed[key] then
            local equals = space == '' and '=' or ' = '
            table.insert(parts, key_text(key, space) .. equals .. write(inner[key], deeper))
         end
      end
      open[inner] = nil
      if space == '' then return '{' .. table.concat(parts, ',') .. '}' end
      if #parts == 0 then return '{\n' .. indent .. '}' end
      return '{\n' .. deeper .. table.concat(parts, ',\n' .. deeper) .. '\n' .. indent .. '}'
   end
   return write(value, '')
end

-- Print a table, or write it to a file.
function pretty.dump(t, filename)
   if not filename then
      print(pretty.write(t))
      return true
   end
   return utils.writefile(filename, pretty.write(t))
end

function pretty.debug(...)
   local count = select('#', ...)
   pretty.dump{n = count, ...}
end

-- The value of a table constructor. Nothing may be called in it.
function pretty.read(text)
   utils.assert_string(1, text)
   if text:find '^%s*%-%-' then text = text:gsub('%-%-.-\n', '') end
   if not text:find '^%s*{' then return nil, 'not a Lua table' end
   if text:find "[^'\"%w_]function[^'\"%w_]" then return nil, 'cannot have functions in table definition' end
   return pretty.load('return ' .. text, {}, false)
end

-- Run a chunk of Lua in an environment and return that, or what it returns.
function pretty.load(code, environment, paranoid)
   environment = environment or {}
   if paranoid then
      for word in code:gmatch '%a+' do
         if word == 'for' or word == 'repeat' or word == 'until' or word == 'while' then
            return nil, 'looping not allowed'
         end
      end
   end
   local f, message = loadstring(code, '=(tbl)')
   if not f then return nil, message end
   setfenv(f, environment)
   local strings = getmetatable('')
   local methods = strings.__index
   strings.__index = nil -- no methods of strings either
   local ok, result = pcall(f)
   strings.__index = methods
   if not ok then return nil, result end
   return result == nil and environment or result
end

local function grouped(number)
   local text, count = tostring(number)
   repeat text, count = text:gsub('^(-?%d+)(%d%d%d)', '%1,%2') until count == 0
   return text
end

-- A number for readers: 'N' as 12.3K, 'M' as memory (KiB, MiB, ...), 'T' with commas.
function pretty.number(number, kind, digits)
   local format = '%.' .. (digits or 1) .. 'f%s'
   if kind == 'T' then return grouped(number) end
   local base, units = 1000, {'', 'K', 'M', 'B'}
   if kind == 'M' then base, units = 1024, {'B', 'KiB', 'MiB', 'GiB'} end
   local unit = 1
   while number >= base and unit < #units do number, unit = number / base, unit + 1 end
   if unit == 1 then return tostring(number) .. units[1] end
   return format:format(number, units[unit])
end

return setmetatable(pretty, {__call = function(_, ...) return pretty.debug(...) end})
