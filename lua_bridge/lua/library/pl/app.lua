-- pl.app: what a program needs to know of itself, and its command line.

local path, utils = require 'pl.path', require 'pl.utils'
local app = {}

-- The script's name, as it was given.
function app.script_name()
   return _G.arg and _G.arg[0] or utils.raise 'No script name found'
end

-- Look for modules in the script's folder too, or in one inside it.
function app.require_here(base)
   local folder = path.dirname(path.abspath(app.script_name()))
   if base then folder = path.isabs(base) and base or path.join(folder, base) end
   package.path = folder .. '/?.lua;' .. folder .. '/?/init.lua;' .. package.path
   return folder
end

-- A file of the user's for this program: ~/.PROGRAM/file.
function app.appfile(file)
   local name = path.splitext(path.basename(app.script_name()))
   local folder = path.join(path.expanduser '~', '.' .. name)
   if not path.isdir(folder) then
      local ok, message = path.mkdir(folder)
      if not ok then return utils.raise('cannot create ' .. folder .. ': ' .. message) end
   end
   return path.join(folder, file)
end

function app.platform()
   local name = require('sys').uname()
   return name == 'macos' and 'OSX' or name:sub(1, 1):upper() .. name:sub(2)
end

-- The interpreter, as a command.
function app.lua()
   local first = 0
   while _G.arg and _G.arg[first - 1] do first = first - 1 end
   return _G.arg and _G.arg[first] or 'th', 'th'
end

-- app.parse_args(arguments, flags with values): flags by name, and the other words.
function app.parse_args(arguments, with_values, valid)
   arguments = arguments or _G.arg
   local takes_value, aliases, known = {}, {}, nil
   for key, value in pairs(with_values or {}) do
      takes_value[type(key) == 'number' and value or key] = true
   end
   if valid then
      known = {}
      for key, value in pairs(valid) do
         if type(key) == 'number' then known[value] = true else aliases[key] = value known[value] = true end
      end
      for name in pairs(takes_value) do known[name] = true end
   end
   local flags, words, i = {}, {}, 1
   local function set(name, value)
      name = aliases[name] or name
      if known and not known[name] then return false, "unknown flag '" .. name .. "'" end
      flags[name] = value
      return true
   end
   while i <= #arguments do
      local argument = arguments[i]
      if argument == '--' then
         for j = i + 1, #arguments do table.insert(words, arguments[j]) end
         break
      end
      local name, value = argument:match '^%-%-?([^=:]+)[=:](.*)$'
      if not name then name = argument:match '^%-%-(.+)$' or argument:match '^%-(%S+)$' end
      local ok, message = true, nil
      if not name or argument:find '^%-%d' then
         table.insert(words, argument)
      elseif value then
         ok, message = set(name, value)
      elseif takes_value[aliases[name] or name] then
         i = i + 1
         if arguments[i] == nil or arguments[i]:find '^%-' then return utils.raise("no value for '" .. name .. "'") end
         ok, message = set(name, arguments[i])
      elseif argument:find '^%-%-' then
         ok, message = set(name, true)
      elseif takes_value[name:sub(1, 1)] and #name > 1 then
         ok, message = set(name:sub(1, 1), name:sub(2))
      else
         for letter in name:gmatch '.' do
            if ok then ok, message = set(letter, true) end
         end
      end
      if not ok then return utils.raise(message) end
      i = i + 1
   end
   return flags, words
end

return app
