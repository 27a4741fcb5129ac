-- pl.stringx: Python's string methods.

local utils = require 'pl.utils'
local List = require 'pl.List'
local stringx = {}

local check = utils.assert_string

function stringx.isalpha(s) return check(1, s):find '^%a+$' == 1 end
function stringx.isdigit(s) return check(1, s):find '^%d+$' == 1 end
function stringx.isalnum(s) return check(1, s):find '^%w+$' == 1 end
function stringx.isspace(s) return check(1, s):find '^%s+$' == 1 end
function stringx.islower(s) return check(1, s):find '^[%l%s]+$' == 1 end
function stringx.isupper(s) return check(1, s):find '^[%u%s]+$' == 1 end

local function any_of(s, affixes, test)
   if type(affixes) == 'string' then return test(s, affixes) end
   if type(affixes) ~= 'table' then error('argument #2 expected a string or a table, got ' .. type(affixes), 3) end
   for _, affix in ipairs(affixes) do
      if test(s, affix) then return true end
   end
   return false
end

-- With that prefix, or one of a list?
function stringx.startswith(s, prefix)
   return any_of(check(1, s), prefix, function(text, affix) return text:sub(1, #affix) == affix end)
end

function stringx.endswith(s, suffix)
   return any_of(check(1, s), suffix, function(text, affix)
      return #text >= #affix and text:sub(#text - #affix + 1) == affix
   end)
end

-- The texts of a list with s between them.
function stringx.join(s, list) return table.concat(list, check(1, s)) end

-- The parts between separators (white space by default), at most n; an empty one at the end is left out.
function stringx.split(s, separator, n)
   check(1, s)
   if separator == nil then s = s:match '^%s*(.*)$' end
   return List(utils.split(s, separator, separator ~= nil, n))
end

function stringx.splitv(s, separator) return unpack(utils.split(check(1, s), separator)) end

-- The lines, with their ends if asked for.
function stringx.splitlines(s, keep_ends)
   check(1, s)
   local lines, at = List(), 1
   while at <= #s do
      local line, ending, behind = s:match('^([^\r\n]*)(\r?\n?)()', at)
      if ending == '' and s:sub(behind, behind) == '\r' then
         ending, behind = '\r', behind + 1
      end
      lines:append(keep_ends and line .. ending or line)
      at = behind
   end
   return lines
end

function stringx.lines(s)
   if check(1, s):sub(-1) ~= '\n' then s = s .. '\n' end
   return s:gmatch '([^\n]*)\n'
end

function stringx.expandtabs(s, size)
   check(1, s)
   size = size or 8
   return (s:gsub('([^\t\r\n]*)\t', function(before)
      return before .. (' '):rep(size == 0 and 0 or size - #before % size)
   end))
end

-- Places of `sub` within first..last: the first one, the last one, and their number.
local function find_all(s, sub, first, last, overlap)
   first, last = first or 1, last or #s
   if first < 0 then first = math.max(1, #s + first + 1) end
   if last < 0 then last = #s + last + 1 end
   if sub == '' then return last + 1, last + 1, last - first + 1 end
   local leftmost, rightmost, count = nil, nil, 0
   local at, stop = s:find(sub, first, true)
   while at and stop <= last do
      leftmost, rightmost, count = leftmost or at, at, count + 1
      at, stop = s:find(sub, overlap and at + 1 or stop + 1, true)
   end
   return leftmost, rightmost, count
end

function stringx.lfind(s, sub, first, last)
   check(1, s)
   check(2, sub)
   return (find_all(s, sub, first, last))
end

function stringx.rfind(s, sub, first, last)
   check(1, s)
   check(2, sub)
   return (select(2, find_all(s, sub, first, last, true)))
end

function stringx.count(s, sub, overlap)
   check(1, s)
   check(2, sub)
   return (select(3, find_all(s, sub, 1, #s, overlap)))
end

function stringx.replace(s, old, new, n)
   check(1, s)
   check(2, old)
   check(3, new)
   return (s:gsub(utils.escape(old), (new:gsub('%%', '%%%%')), n))
end

local function pad(s, width, fill, left, right)
   if #s >= width then return s end
   fill = fill or ' '
   local missing = width - #s
   local before = left and right and math.floor(missing / 2) or left and missing or 0
   return fill:rep(before) .. s .. fill:rep(missing - before)
end

function stringx.ljust(s, width, fill) return pad(check(1, s), width, fill, false, true) end
function stringx.rjust(s, width, fill) return pad(check(1, s), width, fill, true, false) end
function stringx.center(s, width, fill) return pad(check(1, s), width, fill, true, true) end

local function strip(s, left, right, characters)
   local set = characters and '[' .. utils.escape(characters) .. ']' or '%s'
   local first, last = 1, #s
   if left then
      first = select(2, s:find('^' .. set .. '*')) + 1
   end
   if right then
      while last >= first and s:sub(last, last):find(set) do last = last - 1 end
   end
   return s:sub(first, last)
end

function stringx.lstrip(s, characters) return strip(check(1, s), true, false, characters) end
function stringx.rstrip(s, characters) return strip(check(1, s), false, true, characters) end
function stringx.strip(s, characters) return strip(check(1, s), true, true, characters) end

-- What is before the separator, the separator, and what is behind it.
function stringx.partition(s, separator)
   check(1, s)
   local first, last = s:find(check(2, separator), 1, true)
   if not first then return s, '', '' end
   return s:sub(1, first - 1), separator, s:sub(last + 1)
end

function stringx.rpartition(s, separator)
   check(1, s)
   local at = stringx.rfind(s, check(2, separator))
   if not at then return '', '', s end
   return s:sub(1, at - 1), separator, s:sub(at + #separator)
end

function stringx.at(s, i) return check(1, s):sub(i, i) end

function stringx.title(s)
   return (check(1, s):gsub('(%S)(%S*)', function(first, rest) return first:upper() .. rest:lower() end))
end
stringx.capitalize = stringx.title

-- At most `width` characters, the rest as '...'; `tail` keeps the end.
function stringx.shorten(s, width, tail)
   check(1, s)
   if #s <= width then return s end
   if width < 3 then return ('...'):sub(1, width) end
   if tail then return '...' .. s:sub(#s - width + 4) end
   return s:sub(1, width - 3) .. '...'
end

-- A text as Lua would have it in brackets or quotes.
function stringx.quote_string(s)
   check(1, s)
   if s:find '\n' then
      local equals = ''
      while s:find(']' .. equals .. ']', 1, true) or s:find(']' .. equals .. '$') do equals = equals .. '=' end
      return '[' .. equals .. '[' .. (s:sub(1, 1) == '\n' and '\n' or '') .. s .. ']' .. equals .. ']'
   end
   return (('%q'):format(s):gsub('\r', '\\r'))
end

for _, name in ipairs{'indent', 'dedent', 'wrap', 'fill', 'Template', 'format_operator'} do
   stringx[name] = function(...) return require('pl.text')[name](...) end
end

-- Make these functions methods of all strings.
function stringx.import() utils.import(stringx, string) end

return stringx
