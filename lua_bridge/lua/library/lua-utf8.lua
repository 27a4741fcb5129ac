-- Package lua-utf8 (luarocks: luautf8), as far as it walks over, measures and cuts text: the functions of Lua 5.3's
-- utf8, and byte, sub, reverse, next. Positions of characters count from 1; negative ones from the end.

local utf8 = {charpattern = '[%z\1-\127\194-\244][\128-\191]*'}

local function is_inside(byte) return byte and byte >= 128 and byte < 192 end

-- The code point that starts at byte `at` and the byte after it; nil where none starts.
local function decode(text, at)
   local first = text:byte(at)
   if not first or is_inside(first) or first > 247 then return nil end
   if first < 128 then return first, at + 1 end
   local more = first >= 240 and 3 or first >= 224 and 2 or 1
   local code = first % 2 ^ (6 - more)
   for inner = at + 1, at + more do
      local byte = text:byte(inner)
      if not is_inside(byte) then return nil end
      code = code * 64 + byte % 64
   end
   return code, at + more + 1
end

local function decode_valid(text, at)
   local code, after = decode(text, at)
   if not code then error('invalid UTF-8 code', 3) end
   return code, after
end

local function from_end(position, length) return position < 0 and length + position + 1 or position end

local function encode(code)
   if code < 128 then return string.char(code) end
   local bytes, limit = '', 64
   repeat
      bytes = string.char(128 + code % 64) .. bytes
      code, limit = math.floor(code / 64), limit / 2
   until code < limit
   return string.char(256 - 2 * limit + code) .. bytes
end

function utf8.char(...)
   local characters = {...}
   for i, code in ipairs(characters) do characters[i] = encode(code) end
   return table.concat(characters)
end

-- The number of characters that start from byte first to byte last; nil and the place of the first that is not valid.
function utf8.len(text, first, last)
   first, last = from_end(first or 1, #text), from_end(last or -1, #text)
   local count = 0
   while first <= last do
      local code, after = decode(text, first)
      if not code then return nil, first end
      first, count = after, count + 1
   end
   return count
end

-- The code points that start from byte first to byte last.
function utf8.codepoint(text, first, last)
   first = from_end(first or 1, #text)
   last = from_end(last or first, #text)
   local codes = {}
   while first <= last do codes[#codes + 1], first = decode_valid(text, first) end
   return unpack(codes)
end

-- The byte where the n-th character from byte `from` starts; backwards for a negative n.
function utf8.offset(text, n, from)
   local at = from_end(from or n >= 0 and 1 or #text + 1, #text)
   if n == 0 then
      while is_inside(text:byte(at)) do at = at - 1 end
      return at
   end
   if is_inside(text:byte(at)) then error('initial position is a continuation byte', 2) end
   local step = n > 0 and 1 or -1
   for _ = 1, n > 0 and n - 1 or -n do
      at = at + step
      while is_inside(text:byte(at)) do at = at + step end
      if at < 1 or at > #text + 1 then return nil end
   end
   return at
end

-- The place and code point of the character after the one at byte `at` (without it, the first); with a count, of
-- that many characters further on. `for place, code in utf8.next, text do`.
function utf8.next(text, at, count)
   count = not at and 0 or count or 1
   at = utf8.offset(text, count < 0 and count or count + 1, at)
   if at and at <= #text then return at, (decode_valid(text, at)) end
end

function utf8.codes(text) return utf8.next, text end

-- Bytes where the first of characters first .. last starts, and where the last ends.
local function range(text, first, last)
   local length = utf8.len(text)
   if not length then error('invalid UTF-8 code', 3) end
   first, last = math.max(from_end(first, length), 1), math.min(from_end(last, length), length)
   if first > last then return 1, 0 end
   return utf8.offset(text, first), utf8.offset(text, last + 1) - 1
end

function utf8.sub(text, first, last) return text:sub(range(text, first or 1, last or -1)) end

-- The code points of characters first .. last.
function utf8.byte(text, first, last)
   first = first or 1
   return utf8.codepoint(text, range(text, first, last or first))
end

function utf8.reverse(text)
   local characters = {}
   for _, code in utf8.next, text do table.insert(characters, 1, encode(code)) end
   return table.concat(characters)
end

return utf8
