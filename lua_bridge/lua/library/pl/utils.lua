-- pl.utils: functions as arguments, strings, files, and what the other modules share.

local utils = {_VERSION = '1.0', dir_separator = '/', lua51_compat = true, is_windows = false}
local types = require 'pl.types'

utils.is_callable, utils.is_type = types.is_callable, types.is_type
utils.patterns = {
   FLOAT = '[%+%-%d]%d*%.?%d*[eE]?[%+%-]?%d*', INTEGER = '[+%-%d]%d*', IDEN = '[%a_][%w_]*',
   FILE = '[%a%.\\][:%][%w%._%-\\]*',
}

-- The metatables of the standard classes, by name.
utils.stdmt = {List = {_name = 'List'}, Map = {_name = 'Map'}, Set = {_name = 'Set'}, MultiMap = {_name = 'MultiMap'}}

function utils.pack(...) return {n = select('#', ...), ...} end
function utils.unpack(t, first, last) return unpack(t, first or 1, last or t.n or #t) end
function utils.printf(format, ...) io.stdout:write(format:format(...)) end
function utils.fprintf(file, format, ...) file:write(format:format(...)) end
function utils.choose(condition, a, b) if condition then return a end return b end
function utils.escape(text) return (text:gsub('[%-%.%+%[%]%(%)%$%^%%%?%*]', '%%%1')) end

-- Copy the members of a module (by name or itself) to `target`, by default the globals.
function utils.import(module, target)
   target = target or _G
   module = module or utils
   if type(module) == 'string' then module = require(module) end
   for name, value in pairs(module) do target[name] = value end
end

-- Errors: raised ('error'), returned as nil and message ('default'), or the end of the program ('quit').
local on_error = 'default'

function utils.on_error(mode)
   if mode ~= 'default' and mode ~= 'error' and mode ~= 'quit' then
      error("Bad argument expected string; 'default', 'quit', or 'error'. Got '" .. tostring(mode) .. "'", 2)
   end
   on_error = mode
end

function utils.raise(message)
   if on_error == 'default' then return nil, message end
   if on_error == 'quit' then utils.quit(message) end
   error(message, 2)
end

-- utils.quit([code], [message, ...]): end the program.
function utils.quit(code, message, ...)
   if type(code) == 'string' then
      if message ~= nil then code = code:format(message, ...) end
      code, message = -1, code
   elseif message and select('#', ...) > 0 then
      message = message:format(...)
   end
   if message then io.stderr:write(message, '\n') end
   os.exit(code or 0)
end

-- Is the n-th argument of that type (and right, as `verify` sees it)?
function utils.assert_arg(n, value, kind, verify, message, level)
   if type(value) ~= kind then
      error(("argument %d expected a '%s', got a '%s'"):format(n, kind, type(value)), level or 2)
   end
   if verify and not verify(value) then
      error(("argument %d: '%s' %s"):format(n, tostring(value), message), level or 2)
   end
   return value
end

function utils.assert_string(n, value) return utils.assert_arg(n, value, 'string', nil, nil, 3) end

-- Functions ---------------------------------------------------------------------------------------------------------

local function memoize(f)
   local values = {}
   return function(key)
      local value = values[key]
      if value == nil then
         value = f(key)
         values[key] = value
      end
      return value
   end
end
utils.memoize = memoize

-- The function of a text like '|x, y| x + y' or '_ + 1'.
utils.string_lambda = memoize(function(text)
   if not (text:find '^|' or text:find '_') then error('not a string lambda', 2) end
   local parameters, body = text:match '|([^|]*)|(.+)'
   if not parameters then parameters, body = '_', text end
   local f, message = loadstring('return function(' .. parameters .. ') return ' .. body .. ' end')
   if not f then error(message, 2) end
   return f()
end)

local factories = {}

-- From now on arguments with this metatable stand for the function that `make` makes of them.
function utils.add_function_factory(metatable, make) factories[metatable] = make end

-- The function that an argument stands for: itself, an operator's name, or a text like '_ + 1'.
function utils.function_arg(n, f, message)
   if type(f) == 'function' then return f end
   if type(f) == 'string' then
      local operator = require('pl.operator').optable[f]
      if operator then return operator end
      return utils.string_lambda(f)
   end
   local make = type(f) == 'table' and factories[getmetatable(f)]
   if make then return make(f) end
   if types.is_callable(f) then return f end
   error(message or ('argument %d: expected a function, got a %s'):format(n, type(f)), 3)
end

function utils.bind1(f, first)
   f = utils.function_arg(1, f)
   return function(...) return f(first, ...) end
end

function utils.bind2(f, second)
   f = utils.function_arg(1, f)
   return function(first, ...) return f(first, second, ...) end
end

function utils.is_empty(value) return types.is_empty(value) end

-- Strings -----------------------------------------------------------------------------------------------------------

-- A list of the parts of a text between matches of a pattern (white space by default), at most n.
function utils.split(text, pattern, plain, n)
   utils.assert_string(1, text)
   local parts, at = {}, 1
   pattern = pattern or '%s+'
   if pattern == '' then return {text} end
   while true do
      local first, last = text:find(pattern, at, plain)
      if not first or first > last then
         local rest = text:sub(at)
         if rest ~= '' then parts[#parts + 1] = rest end
         if #parts == 1 and parts[1] == '' then return {} end
         return parts
      end
      if n and #parts == n - 1 then
         parts[n] = text:sub(at)
         return parts
      end
      parts[#parts + 1] = text:sub(at, first - 1)
      at = last + 1
   end
end

function utils.splitv(text, pattern, plain, n) return unpack(utils.split(text, pattern, plain, n)) end

-- The values of a list as text.
function utils.array_tostring(list, texts, tostring_)
   texts, tostring_ = texts or {}, tostring_ or tostring
   for i = 1, #list do texts[i] = tostring_(list[i], i) end
   return texts
end

-- Files and commands ------------------------------------------------------------------------------------------------

-- The whole of a file; nil and a message if it can't be read.
function utils.readfile(name, binary)
   utils.assert_string(1, name)
   local file, message = io.open(name, binary and 'rb' or 'r')
   if not file then return utils.raise(message) end
   local text
   text, message = file:read '*a'
   file:close()
   if not text then return utils.raise(name .. ': ' .. tostring(message)) end
   return text
end

function utils.writefile(name, text, binary)
   utils.assert_string(1, name)
   utils.assert_string(2, text)
   local file, message = io.open(name, binary and 'wb' or 'w')
   if not file then return utils.raise(message) end
   file:write(text)
   file:close()
   return true
end

function utils.readlines(name)
   utils.assert_string(1, name)
   local file, message = io.open(name)
   if not file then return utils.raise(message) end
   local lines = {}
   for line in file:lines() do lines[#lines + 1] = line end
   file:close()
   return lines
end

-- Run a command: did it succeed, and its status.
function utils.execute(command)
   local status, _, code = os.execute(command)
   if type(status) == 'number' then
      code = status > 255 and math.floor(status / 256) or status
      status = code == 0
   end
   return not not status, code or 0
end

-- The same, with what it printed and what it complained.
function utils.executeex(command, binary)
   local out, err = os.tmpname(), os.tmpname()
   local ok, code = utils.execute(command .. ' > "' .. out .. '" 2> "' .. err .. '"')
   local printed, complained = utils.readfile(out, binary), utils.readfile(err, binary)
   os.remove(out)
   os.remove(err)
   return ok, code, printed or '', complained or ''
end

function utils.quote_arg(argument)
   if type(argument) == 'table' then
      local quoted = {}
      for i, part in ipairs(argument) do quoted[i] = utils.quote_arg(part) end
      return table.concat(quoted, ' ')
   end
   if argument == '' or argument:find '[^a-zA-Z0-9_@%+=:,./-]' then
      return "'" .. argument:gsub("'", "'\\''") .. "'"
   end
   return argument
end

-- Older names.
utils.load, utils.setfenv, utils.getfenv = function(code, name, mode, environment)
   local f, message = loadstring(code, name)
   if f and environment then setfenv(f, environment) end
   return f, message
end, setfenv, getfenv

return utils
