-- Package cjson: JSON text to Lua values and back. In Lua, where the values are, and with loops that LuaJIT compiles.

local world = ...
local byte, sub, char, find, format = string.byte, string.sub, string.char, string.find, string.format
local floor = math.floor
local concat, rawtype, tonumber, next = table.concat, type, tonumber, next

-- What stands for JSON's null inside tables, where nil would be no entry.
local null = newproxy(true)
debug.getmetatable(null).__tostring = function() return 'userdata: NULL' end

-- Errors: raised with the script's position by `cjson`, without by `cjson.safe`, which returns them.
local function fail(...) error({message = format(...)}, 0) end

-- 1. Text to values -------------------------------------------------------------------------------------------------

local QUOTE, BACKSLASH, MINUS, ZERO, NINE = byte '"', byte '\\', byte '-', byte '0', byte '9'
local COMMA, COLON, ARRAY, ARRAY_END, OBJECT, OBJECT_END = byte(',:[]{}', 1, 6)
local ESCAPES = {['"'] = '"', ['\\'] = '\\', ['/'] = '/', b = '\b', t = '\t', n = '\n', f = '\f', r = '\r'}
local TOKENS = {['{'] = 'T_OBJ_BEGIN', ['}'] = 'T_OBJ_END', ['['] = 'T_ARR_BEGIN', [']'] = 'T_ARR_END',
   [','] = 'T_COMMA', [':'] = 'T_COLON', ['"'] = 'T_STRING', [''] = 'T_END', ['\0'] = 'T_END'}

local is_number_part = {}
for part in ('0123456789+-.eE'):gmatch '.' do is_number_part[byte(part)] = true end

-- The first byte from `at` on that is no white space, and where it is; 0 at the end.
local function skip(text, at)
   local c = byte(text, at)
   while c == 32 or c == 10 or c == 13 or c == 9 do
      at = at + 1
      c = byte(text, at)
   end
   return c or 0, at
end

local function utf8(code)
   if code < 0x80 then return char(code) end
   if code < 0x800 then return char(0xC0 + floor(code / 64), 0x80 + code % 64) end
   local tail = char(0x80 + floor(code / 64) % 64, 0x80 + code % 64)
   if code < 0x10000 then return char(0xE0 + floor(code / 4096)) .. tail end
   return char(0xF0 + floor(code / 262144), 0x80 + floor(code / 4096) % 64) .. tail
end

-- The character of the escape at `at`, and what is behind it; nil and what is wrong.
local function escape(text, at)
   local kind = sub(text, at + 1, at + 1)
   if kind ~= 'u' then
      local character = ESCAPES[kind]
      if character then return character, at + 2 end
      return nil, 'invalid escape code'
   end
   local code = tonumber(text:match('^%x%x%x%x', at + 2) or '', 16)
   if code and code >= 0xD800 and code < 0xDC00 then -- the first of two halves
      local low = tonumber(text:match('^\\u(%x%x%x%x)', at + 6) or '', 16)
      if low and low >= 0xDC00 and low < 0xE000 then
         return utf8(0x10000 + (code - 0xD800) * 1024 + low - 0xDC00), at + 12
      end
      code = nil
   elseif code and code >= 0xDC00 and code < 0xE000 then
      code = nil
   end
   if not code then return nil, 'invalid unicode escape code' end
   return utf8(code), at + 6
end

-- The string whose quote is at `at`, and what is behind it; nil, what is wrong and where.
local function read_string(text, at)
   local first, parts = at + 1
   at = first
   while true do
      local c = byte(text, at)
      if c == QUOTE then
         local last = sub(text, first, at - 1)
         if parts then
            parts[#parts + 1] = last
            last = concat(parts)
         end
         return last, at + 1
      elseif c == BACKSLASH then
         parts = parts or {}
         parts[#parts + 1] = sub(text, first, at - 1)
         local character, behind = escape(text, at)
         if not character then return nil, behind, at end
         parts[#parts + 1] = character
         at = behind
         first = at
      elseif c == nil or c == 0 then
         return nil, 'unexpected end of string', at
      else
         at = at + 1
      end
   end
end

-- Numbers that are C's but not JSON's, and the beginnings of longer words.
local function read_odd_number(text, at)
   for _, pattern in ipairs{'^[-+]?0[xX]%x+', '^[-+]?%d+%.?%d*[eE][-+]?%d+', '^[-+]?%d*%.?%d+', '^[-+]?%d+'} do
      local word = text:match(pattern, at)
      if word then return tonumber(word) or tonumber((word:gsub('^+', ''))), at + #word end
   end
   local sign, word = text:match('^([-+]?)(%a+)', at)
   word = word and word:lower() or ''
   for name, value in pairs{infinity = 1 / 0, inf = 1 / 0, nan = 0 / 0} do
      if word:sub(1, #name) == name and not (name == 'inf' and word:sub(1, 8) == 'infinity') then
         return sign == '-' and -value or value, at + #sign + #name
      end
   end
end

-- Is it a number of C's only?
local function is_odd(text, at)
   return find(text, '^%-?0[%dxX]', at) or find(text, '^%+', at) or find(text, '^%-?[iI][nN][fF]', at)
      or find(text, '^%-?[nN][aA][nN]', at)
end

local function read_number(text, at, config)
   local stop = at
   while is_number_part[byte(text, stop)] do stop = stop + 1 end
   local first = byte(text, at)
   if first == ZERO or first == MINUS then -- leading zeros and 0x
      if not config.decode_invalid_numbers and is_odd(text, at) then return nil end
      local c = byte(text, stop)
      if c == 120 or c == 88 then return read_odd_number(text, at) end -- x, X
   end
   local value = tonumber(sub(text, at, stop - 1))
   if value then return value, stop end
   return read_odd_number(text, at)
end

local WORDS = {t = {'true', true}, f = {'false', false}, n = {'null', null}}

-- What stands at `at`, for a message: a token's name, or what is wrong with it, and where.
local function found(text, at, config)
   local c = sub(text, at, at)
   if c == '"' then
      local value, wrong, place = read_string(text, at)
      if not value then return wrong, place end
   end
   if TOKENS[c] then return TOKENS[c], at end
   if find(c, '[%d-]') then return read_number(text, at, config) and 'T_NUMBER' or 'invalid number', at end
   local word = WORDS[c]
   if word and sub(text, at, at + #word[1] - 1) == word[1] then return c == 'n' and 'T_NULL' or 'T_BOOLEAN', at end
   return 'invalid token', at
end

local function expected(what, text, at, config)
   fail('Expected %s but found %s at character %d', what, found(text, at, config))
end

local read_value

local function read_array(text, at, config, depth)
   local list, count, c = {}, 0
   c, at = skip(text, at)
   if c == ARRAY_END then return list, at + 1 end
   while true do
      count = count + 1
      list[count], at = read_value(text, at, config, depth)
      c, at = skip(text, at)
      if c == ARRAY_END then return list, at + 1 end
      if c ~= COMMA then expected('comma or array end', text, at, config) end
      at = at + 1
   end
end

local function read_object(text, at, config, depth)
   local object, c, key, behind = {}
   c, at = skip(text, at)
   if c == OBJECT_END then return object, at + 1 end
   while true do
      if c ~= QUOTE then expected('object key string', text, at, config) end
      key, behind = read_string(text, at)
      if not key then expected('object key string', text, at, config) end
      c, at = skip(text, behind)
      if c ~= COLON then expected('colon', text, at, config) end
      object[key], at = read_value(text, at + 1, config, depth)
      c, at = skip(text, at)
      if c == OBJECT_END then return object, at + 1 end
      if c ~= COMMA then expected('comma or object end', text, at, config) end
      c, at = skip(text, at + 1)
   end
end

function read_value(text, at, config, depth)
   local c
   c, at = skip(text, at)
   if c == OBJECT or c == ARRAY then
      depth = depth + 1
      if depth > config.decode_max_depth then
         fail('Found too many nested data structures (%d) at character %d', depth, at)
      end
      if c == OBJECT then return read_object(text, at + 1, config, depth) end
      return read_array(text, at + 1, config, depth)
   end
   local value, behind
   if c == QUOTE then
      value, behind = read_string(text, at)
   elseif c == MINUS or c >= ZERO and c <= NINE then
      value, behind = read_number(text, at, config)
   else
      local word = WORDS[char(c)]
      if word and sub(text, at, at + #word[1] - 1) == word[1] then return word[2], at + #word[1] end
      if config.decode_invalid_numbers and is_odd(text, at) then value, behind = read_odd_number(text, at) end
   end
   if value == nil then expected('value', text, at, config) end
   return value, behind
end

local function decode(config, text)
   if rawtype(text) == 'number' then text = tostring(text) end
   if rawtype(text) ~= 'string' then
      fail("bad argument #1 to 'decode' (string expected, got %s)", text == nil and 'no value' or type(text))
   end
   if #text >= 2 and (byte(text, 1) == 0 or byte(text, 2) == 0) then
      fail('JSON parser does not support UTF-16 or UTF-32')
   end
   local value, at = read_value(text, 1, config, 0)
   local c, stop = skip(text, at)
   if c ~= 0 then expected('the end', text, stop, config) end
   return value
end

-- 2. Values to text -------------------------------------------------------------------------------------------------

local ESCAPED = {['"'] = '\\"', ['\\'] = '\\\\', ['/'] = '\\/', ['\b'] = '\\b', ['\t'] = '\\t', ['\n'] = '\\n',
   ['\f'] = '\\f', ['\r'] = '\\r', ['\127'] = '\\u007f'}
for code = 0, 31 do
   ESCAPED[char(code)] = ESCAPED[char(code)] or format('\\u%04x', code)
end

local function quoted(text)
   if find(text, '[%c"\\/]') then text = text:gsub('[%c"\\/]', ESCAPED) end
   return '"' .. text .. '"'
end

local function number_text(value, config)
   if value ~= value or value == 1 / 0 or value == -1 / 0 then
      if config.encode_invalid_numbers == 'null' then return 'null' end
      if not config.encode_invalid_numbers then fail('Cannot serialise number: must not be NaN or Infinity') end
      return value ~= value and 'NaN' or value > 0 and 'Infinity' or '-Infinity'
   end
   return format(config.number_format, value)
end

-- The length of a table that is a list; -1 for others.
local function list_length(values, config)
   local last, count = 0, 0
   for key in next, values do
      if rawtype(key) ~= 'number' or key < 1 or floor(key) ~= key then return -1 end
      if key > last then last = key end
      count = count + 1
   end
   local ratio = config.sparse_ratio
   if ratio > 0 and last > count * ratio and last > config.sparse_safe then
      if not config.sparse_convert then fail('Cannot serialise table: excessively sparse array') end
      return -1
   end
   return last
end

local append

local function append_list(parts, values, length, config, depth)
   for i = 1, length do
      parts[#parts + 1] = i == 1 and '[' or ','
      append(parts, values[i], config, depth)
   end
   parts[#parts + 1] = ']'
end

local function append_object(parts, values, config, depth)
   local before = '{'
   for key, value in next, values do
      local kind = rawtype(key)
      if kind ~= 'string' and kind ~= 'number' then
         fail('Cannot serialise %s: table key must be a number or string', type(key))
      end
      local name = kind == 'string' and quoted(key) or '"' .. number_text(key, config) .. '"'
      parts[#parts + 1] = before .. name .. ':'
      append(parts, value, config, depth)
      before = ','
   end
   parts[#parts + 1] = before == '{' and '{}' or '}'
end

function append(parts, value, config, depth)
   local kind = rawtype(value)
   if kind == 'string' then
      parts[#parts + 1] = quoted(value)
   elseif kind == 'number' then
      parts[#parts + 1] = number_text(value, config)
   elseif kind == 'boolean' then
      parts[#parts + 1] = value and 'true' or 'false'
   elseif value == nil or value == null then
      parts[#parts + 1] = 'null'
   elseif kind == 'table' and type(value) == 'table' then
      depth = depth + 1
      if depth > config.encode_max_depth then fail('Cannot serialise, excessive nesting (%d)', depth) end
      local length = list_length(value, config)
      if length > 0 then
         append_list(parts, value, length, config, depth)
      else
         append_object(parts, value, config, depth)
      end
   else
      fail('Cannot serialise %s: type not supported', type(value))
   end
end

local function encode(config, ...)
   if select('#', ...) ~= 1 then fail("bad argument #1 to 'encode' (expected 1 argument)") end
   local parts = {}
   append(parts, (...), config, 0)
   return concat(parts)
end

-- 3. The package ----------------------------------------------------------------------------------------------------

-- A function of one argument that sets a whole number within bounds, where given, and returns it.
local function whole(config, name, least, most)
   return function(value)
      if value ~= nil then
         if rawtype(value) ~= 'number' or value < least or value > most then
            error(world.position() .. format('%s: expected integer between %d and %d', name, least, most), 0)
         end
         config[name] = floor(value)
      end
      return config[name]
   end
end

local SWITCH = {on = true, off = false, [true] = true, [false] = false}

local function switch(config, name, further)
   return function(value)
      if value ~= nil then
         if SWITCH[value] == nil and (not further or value ~= further) then
            error(world.position() .. name .. ": invalid option '" .. tostring(value) .. "'", 0)
         end
         config[name] = value == further and value or SWITCH[value]
      end
      return config[name]
   end
end

local function answer(ok, ...)
   if ok then return ... end
   local failure = ...
   error(rawtype(failure) == 'table' and world.position() .. failure.message or failure, 0)
end

local function safe_answer(ok, ...)
   if ok then return ... end
   local failure = ...
   return nil, rawtype(failure) == 'table' and failure.message or failure
end

local MOST = 2 ^ 31 - 1

-- A package with settings of its own; `answer` is what becomes of errors.
local function make(answer)
   local config = {sparse_convert = false, sparse_ratio = 2, sparse_safe = 10, encode_max_depth = 1000,
      decode_max_depth = 1000, encode_invalid_numbers = false, decode_invalid_numbers = true,
      encode_number_precision = 14, encode_keep_buffer = true, number_format = '%.14g'}
   local convert, ratio, safe = switch(config, 'sparse_convert'), whole(config, 'sparse_ratio', 0, MOST),
      whole(config, 'sparse_safe', 0, MOST)
   local precision = whole(config, 'encode_number_precision', 1, 14)
   return {
      _NAME = 'cjson', _VERSION = '2.1.0', null = null,
      new = function() return make(answer) end,
      encode = function(...) return answer(pcall(encode, config, ...)) end,
      decode = function(text) return answer(pcall(decode, config, text)) end,
      encode_sparse_array = function(a, b, c) return convert(a), ratio(b), safe(c) end,
      encode_max_depth = whole(config, 'encode_max_depth', 1, MOST),
      decode_max_depth = whole(config, 'decode_max_depth', 1, MOST),
      encode_number_precision = function(digits)
         local value = precision(digits)
         config.number_format = '%.' .. value .. 'g'
         return value
      end,
      encode_keep_buffer = switch(config, 'encode_keep_buffer'),
      encode_invalid_numbers = switch(config, 'encode_invalid_numbers', 'null'),
      decode_invalid_numbers = switch(config, 'decode_invalid_numbers'),
   }
end

world.safe_json = function() return make(safe_answer) end

return make(answer)
