-- pl.lapp: a command line's options from the text of its help.
--
--   local opt = lapp[[
--   Trains a network.
--      -n,--name (default 'net')      name of the network
--      -r,--rate (default 0.1)        learning rate
--      --mode    (a|b|c default a)    one of these words
--      -v,--verbose                   a flag
--      <file>    (string)             an argument
--   ]]

local lapp = {show_usage_error = true, slack = false, callback = false}

local usage, script, open_files = '', 'script', {}
local FILES = {stdin = io.stdin, stdout = io.stdout, stderr = io.stderr}
local FILE_MODES = {['file-in'] = 'r', ['file-out'] = 'w'}
local KINDS = {string = true, number = true, boolean = true, ['file-in'] = true, ['file-out'] = true}
local own_kinds = {} -- of lapp.add_type

function lapp.quit(message, no_usage)
   if no_usage == 'throw' then error(message, 0) end
   if message then io.stderr:write(message, '\n\n') end
   if not no_usage then io.stderr:write(usage) end
   os.exit(1)
end

function lapp.error(message, no_usage)
   if not lapp.show_usage_error then
      no_usage = true
   elseif lapp.show_usage_error == 'throw' then
      no_usage = 'throw'
   end
   lapp.quit(script .. ': ' .. message, no_usage)
end

function lapp.assert(condition, message)
   if not condition then lapp.error(message) end
end

function lapp.open(name, mode)
   if FILES[name] then return FILES[name] end
   local file, message = io.open(name, mode)
   if not file then lapp.error(message, true) end
   table.insert(open_files, file)
   return file
end

-- A further type of values: a converter (or the name of the type that it is), and a check.
function lapp.add_type(name, converter, constraint)
   own_kinds[name] = {converter = converter, constraint = constraint}
end

-- 1. The help text ---------------------------------------------------------------------------------------------------

local function strip(text) return (text:gsub('^%s+', ''):gsub('%s+$', '')) end

-- What a word in parentheses says of the values: kind and check.
local function kind_of(word, option)
   local low, high = word:match '^(%-?[%d.]-)%.%.(%-?[%d.]+)$'
   if low and tonumber(low) and tonumber(high) then
      return 'number', function(value)
         lapp.assert(value >= tonumber(low) and value <= tonumber(high), option .. ' out of range')
      end
   end
   if word:find('|', 1, true) then
      return 'string', function(value)
         lapp.assert(('|' .. word .. '|'):find('|' .. value .. '|', 1, true),
            ("value '%s' not in %s"):format(value, word))
      end
   end
   local own = own_kinds[word]
   if own then
      local converter = own.converter
      if type(converter) == 'string' then return converter, own.constraint end
      return word, own.constraint, converter
   end
   if not KINDS[word] then lapp.error(word .. ' is unknown type') end
   return word
end

-- A default value and its kind.
local function default_of(text, kind)
   local number = (not kind or kind == 'number') and tonumber(text)
   if number then return number, 'number' end
   if FILES[text] then return FILES[text], text == 'stdin' and 'file-in' or 'file-out' end
   if text == 'true' and not kind then return true, 'boolean' end
   if text:find '^["\']' then text = text:sub(2, -2) end
   return text, kind or 'string'
end

-- The part behind an option's names: kind, default, whether it must be given.
local function describe(rest, option, parameter)
   local inside = rest:match '^%s*%((.-)%)'
   if not inside then
      parameter.kind, parameter.default = 'boolean', false
      return
   end
   local words = strip(inside)
   if words:find '^optional%s' then
      parameter.optional = true
      words = strip(words:sub(9))
   end
   local first, more = words:match '^(%S+)%s*(.*)$'
   if first ~= 'default' then
      parameter.kind, parameter.check, parameter.convert = kind_of(first, option)
      words = more
   end
   local text = words:match '^default%s*(.*)$'
   if text then
      if text == '' then lapp.error 'value must follow default' end
      parameter.default, parameter.kind = default_of(strip(text), parameter.kind)
   end
end

-- The options of a help text: by name, the short names, and the names of arguments in order.
local function parse_usage(text)
   local parameters, aliases, positional = {}, {}, {}
   for line in (text .. '\n'):gmatch '([^\n]*)\n' do
      line = line:gsub('^%s+', '')
      local short, long, name, rest
      short, long, rest = line:match '^%-(%a[%w_-]*)%s*,%s*%-%-([%w_-]+)(.*)$'
      if not short then long, rest = line:match '^%-%-([%w_-]+)(.*)$' end
      if not long then short, rest = line:match '^%-([%w_]+)(.*)$' end
      if not rest then name, rest = line:match '^<([^>]+)>(.*)$' end
      if rest then
         local parameter = {}
         local option = name or long or short
         local dots
         if name then
            option, dots = name:match '^([^.]+)(%.*)$'
            table.insert(positional, (option:gsub('%W', '_')))
         else
            if short and #short > 1 and not lapp.slack then
               lapp.error(short .. ': short parameters should be one character')
            end
            if short and long then aliases[short] = (long:gsub('%W', '_')) end
            dots = rest:match '^%s*(%.%.%.)'
            if dots then rest = rest:gsub('^%s*%.%.%.', '') end
         end
         parameter.many = dots == '...'
         option = option:gsub('%W', '_')
         describe(rest, option, parameter)
         parameters[option] = parameter
      end
   end
   return parameters, aliases, positional
end

-- 2. The command line ------------------------------------------------------------------------------------------------

local function convert(parameter, value, name)
   if parameter.convert then value = parameter.convert(value) end
   if parameter.kind == 'number' then
      local number = tonumber(value)
      if not number then lapp.error('unable to convert to number: ' .. value) end
      value = number
   elseif FILE_MODES[parameter.kind] then
      value = lapp.open(value, FILE_MODES[parameter.kind])
   end
   if parameter.check then parameter.check(value) end
   return value
end

-- '-abc' as '-a -b -c', '-n5' as '-n 5', '--name=x' and '--name:x' as '--name x'.
local function split_words(words, find)
   local result, only_words = {}, false
   for _, word in ipairs(words) do
      local dashes, name = word:match '^(%-%-?)(%a.*)$'
      if word == '--' then
         only_words = true
         table.insert(result, word)
      elseif only_words or not name then
         table.insert(result, word)
      else
         local option, value = name:match '^([^=:]+)[=:](.*)$'
         if option then
            table.insert(result, dashes .. option)
            table.insert(result, {value})
         elseif dashes == '--' or #name == 1 or find(name) then
            table.insert(result, word)
         else
            local parameter = find(name:sub(1, 1))
            if parameter and parameter.kind ~= 'boolean' then
               table.insert(result, '-' .. name:sub(1, 1))
               table.insert(result, {name:sub(2)})
            else
               for letter in name:gmatch '.' do table.insert(result, '-' .. letter) end
            end
         end
      end
   end
   return result
end

-- The options of a command line (the global `arg`), as the help text describes them.
function lapp.process_options_string(text, arguments)
   arguments = arguments or _G.arg or {}
   usage = text
   script = (arguments[0] or 'script'):match '([^/]*)$':gsub('%.[^.]*$', '')
   for _, word in ipairs(arguments) do
      if word == '-h' or word == '--help' then lapp.quit() end
   end
   local parameters, aliases, positional = parse_usage(text)
   local results = {}

   local function find(name)
      name = name:gsub('%W', '_')
      return parameters[aliases[name] or name], aliases[name] or name
   end

   local function set(name, parameter, value)
      if parameter.many then
         parameter.values = parameter.values or {}
         table.insert(parameter.values, value)
         value = parameter.values
      end
      results[name] = value
      if lapp.callback then lapp.callback(name, value, parameter) end
   end

   local words = split_words(arguments, find)
   local i, place, only_words = 1, 1, false
   while i <= #words do
      local word = words[i]
      local option = not only_words and type(word) == 'string' and word:match '^%-%-?(%a.*)$'
      if word == '--' and not only_words then
         only_words = true
         place = #positional + 1
      elseif option then
         local parameter, name = find(option)
         if not parameter then lapp.error('unrecognized parameter: ' .. option) end
         if parameter.kind == 'boolean' then
            set(name, parameter, not parameter.default)
         else
            i = i + 1
            local value = words[i]
            if type(value) == 'table' then value = value[1] end
            if value == nil then lapp.error(option .. ' was expecting a value') end
            set(name, parameter, convert(parameter, value, name))
         end
      else
         local name = positional[place]
         local parameter = name and parameters[name]
         if type(word) == 'table' then word = word[1] end
         if not parameter then
            table.insert(results, word)
         else
            set(name, parameter, convert(parameter, word, name))
            if not parameter.many then place = place + 1 end
         end
      end
      i = i + 1
   end

   for name, parameter in pairs(parameters) do
      if results[name] == nil then
         lapp.assert(parameter.default ~= nil or parameter.optional, 'missing required parameter: ' .. name)
         local value = parameter.default
         if parameter.kind ~= 'boolean' and type(value) == 'string' then value = convert(parameter, value, name) end
         if parameter.many and value ~= nil then value = {value} end
         results[name] = value
         if value ~= nil and lapp.callback then lapp.callback(name, value, parameter) end
      end
   end
   return results
end

return setmetatable(lapp, {__call = function(_, ...) return lapp.process_options_string(...) end})
