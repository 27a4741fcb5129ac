-- Package xlua: a progress bar, printing, named arguments, an option parser, a profiler, and helpers for tables and
-- strings.

local world = ...
local sys = require 'sys'
require 'torch'

local xlua = {}
local colors = sys.COLORS

local at_start = {}
for name in pairs(_G) do at_start[name] = true end

-- 1. Messages -------------------------------------------------------------------------------------------------------

-- An error in red, "<domain> message", and the usage below it.
function xlua.error(message, domain, usage)
   local text = tostring(message)
   if domain then text = '<' .. domain .. '> ' .. text end
   text = colors.Red .. text .. colors.none
   if usage then text = text .. '\n' .. tostring(usage) end
   error(world.position() .. text, 0)
end

function xlua.trycatch(try, catch)
   local ok, failure = pcall(try)
   if not ok then catch(failure) end
end

-- One field of a printed table.
local function shown(key, value)
   local name = '[' .. tostring(key) .. '] = '
   if type(value) == 'userdata' then return name .. '<userdata>' end
   local text = tostring(value):gsub('\n', '\\n')
   if #text > 40 then text = text:sub(1, 40) .. colors.none .. ' ... ' end
   return name .. text
end

local function shown_table(object)
   local metatable = getmetatable(object)
   if type(metatable) == 'table' and metatable.__tostring__ then return metatable.__tostring__(object) end
   local head, title = '', tostring(object)
   if not title:find('table: ', 1, true) then
      local usage = object.usage
      head = type(usage) == 'string' and usage .. '\n\nFIELDS:\n' or title .. ':\n'
   end
   local lines = {}
   for key, value in pairs(object) do lines[#lines + 1] = shown(key, value) end
   return head .. '{' .. table.concat(lines, ',\n ') .. '}'
end

-- Print an object, a table with its fields (one level); further arguments behind it, as print does.
function xlua.print(object, ...)
   io.write(type(object) == 'table' and shown_table(object) or tostring(object))
   if select('#', ...) > 0 then
      io.write('    ')
      print(...)
   else
      io.write('\n')
   end
end

-- Copy everything that io.write writes (and xlua.print prints) to a file as well.
function xlua.log(filename, append)
   os.execute('mkdir -p "' .. sys.dirname(filename) .. '"')
   local file = assert(io.open(filename, append and 'a' or 'w'))
   local write = io.write
   io._write, _G._print = write, _G.print
   _G.print = xlua.print
   function io.write(...)
      write(...)
      file:write(...)
      file:flush()
   end
end

-- 2. Globals and packages -------------------------------------------------------------------------------------------

-- Forget one global, or all that came after xlua.
function xlua.clear(name)
   _G[name] = nil
   collectgarbage()
end

function xlua.clearall()
   for name in pairs(_G) do
      if not at_start[name] then
         _G[name] = nil
         package.loaded[name] = nil
      end
   end
   collectgarbage()
end

-- Print the global packages and the user's global variables.
function xlua.who()
   local packages, variables = {}, {}
   for name, value in pairs(_G) do
      if package.loaded[name] and name ~= '_G' then
         packages[#packages + 1] = name
      elseif not at_start[name] then
         variables[name] = value
      end
   end
   xlua.print('')
   xlua.print('Global Libs:')
   xlua.print(packages)
   xlua.print('')
   xlua.print('Global Vars:')
   xlua.print(variables)
   xlua.print('')
end

-- Would `require` find a file for this package? Also returns where.
function xlua.installed(name)
   local searched = package.path .. ';' .. package.cpath
   for template in searched:gmatch('[^;]+') do
      local path = template:gsub('%?', (name:gsub('%.', '/')))
      local file = io.open(path)
      if file then
         file:close()
         return true, path
      end
   end
   return false, searched
end

-- `require`, but a package that fails to load is a printed warning and `false`.
function xlua.require(name)
   local ok, loaded = pcall(require, name)
   if ok then return loaded end
   print(loaded)
   print('warning: <' .. name .. '> could not be loaded (is it installed?)')
   return false
end

-- Values for the names in `defaults`, from the environment where it has them: numbers and booleans as such.
function xlua.envparams(defaults)
   local words = {['true'] = true, True = true, ['false'] = false, False = false}
   local params = {}
   for name, default in pairs(defaults) do
      local given = os.getenv(tostring(name))
      if given == nil then
         params[name] = default
      else
         if type(default) == 'number' then
            given = tonumber(given)
         elseif type(default) == 'boolean' and words[given] ~= nil then
            given = words[given]
         end
         assert(given ~= nil, 'environment variable ' .. name .. ' must be a number')
         params[name] = given
      end
   end
   return params
end

-- 3. Time and progress ----------------------------------------------------------------------------------------------

-- The two largest units of a duration: '1D2h', '3m20s', '15ms'.
function xlua.formatTime(seconds)
   local units = {{'D', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}
   local text, parts = '', 0
   for _, unit in ipairs(units) do
      local count = math.floor(seconds / unit[2])
      seconds = seconds - count * unit[2]
      if count > 0 and parts < 2 then
         text, parts = text .. count .. unit[1], parts + 1
      end
   end
   local milliseconds = math.floor(seconds * 1000)
   if milliseconds > 0 and parts < 2 then text = text .. milliseconds .. 'ms' end
   return text == '' and '0ms' or text
end

local columns -- of the terminal, 120 at most; 80 where nobody knows

local function terminal_columns()
   local pipe = io.popen('tput cols 2>/dev/null')
   local answer = pipe and tonumber(pipe:read('*a'))
   if pipe then pipe:close() end
   return math.min(answer and answer > 40 and answer or 80, 120)
end

local SMOOTHING = 100 -- the time of a step is an average over so many
local bar = {done = true}

-- Draw the bar for step `current` of `goal`; a new bar begins when the last one was full, or `current` fell back.
-- Only a terminal shows it: in a file or pipe it would be a heap of characters that overwrite each other.
function xlua.progress(current, goal)
   if not torch.isatty(io.stdout) then return end
   columns = columns or terminal_columns()
   local length = columns - 34
   local filled = math.floor(current * length / goal)

   if bar.done and (not bar.filled or filled < bar.filled) then
      bar = {done = false, start = sys.clock(), steps = {current}, times = {0}}
   else
      io.write('\r')
   end
   if bar.done then return end
   bar.filled = filled

   local elapsed = sys.clock() - bar.start
   local steps = current - bar.steps[1]
   local step = steps == 0 and 0 or (elapsed - bar.times[1]) / steps
   table.insert(bar.steps, current)
   table.insert(bar.times, elapsed)
   if #bar.steps > SMOOTHING then
      table.remove(bar.steps, 1)
      table.remove(bar.times, 1)
   end

   local arrow = ''
   if filled > 0 then arrow = ('='):rep(math.min(filled - 1, length)) .. (filled <= length and '>' or '') end
   local left = columns - length - 4
   local clock = filled < length and ' ETA: ' .. xlua.formatTime(math.max(0, (goal - current) * step))
      or ' Tot: ' .. xlua.formatTime(elapsed)
   clock = clock .. ' | Step: ' .. xlua.formatTime(step)
   io.write(' [', arrow, ('.'):rep(length - filled), '] ', (' '):rep(left), ('\b'):rep(left), clock)
   -- the numbers stand in the middle of the bar
   io.write(('\b'):rep(math.floor(5 + #clock + length / 2)), ' ', tostring(current), '/', tostring(goal), ' ')
   if filled == length then
      bar.done = true
      io.write('\n')
   end
   io.write('\r')
   io.flush()
end

-- 4. Tables as text -------------------------------------------------------------------------------------------------

local function quoted(text)
   text = text:gsub('\n', '\\n')
   if text:gsub('[^\'"]', ''):find('^"+$') then return "'" .. text .. "'" end
   return '"' .. text:gsub('"', '\\"') .. '"'
end

local function as_code(value)
   if type(value) == 'string' then return quoted(value) end
   if type(value) == 'table' then return xlua.table2string(value) end
   return tostring(value)
end

-- A table in Lua's notation; with `newline`, its fields one to a line.
function xlua.table2string(values, newline)
   local parts, listed = {}, {}
   for position, value in ipairs(values) do
      parts[position] = as_code(value)
      listed[position] = true
   end
   for key, value in pairs(values) do
      if not listed[key] then
         local name = type(key) == 'string' and key:match('^[_%a][_%a%d]*$') or '[' .. as_code(key) .. ']'
         parts[#parts + 1] = name .. (newline and ' : ' or '=') .. as_code(value)
      end
   end
   if newline then return '{\n   ' .. table.concat(parts, '\n   ') .. '\n}' end
   return '{' .. table.concat(parts, ',') .. '}'
end

-- 5. Named arguments ------------------------------------------------------------------------------------------------

local BANNER = ('+'):rep(69)

-- '    name = type' or '    [name = type]', and the help in column 40.
local function usage_line(param, name)
   local key = name .. param.type
   if not param.req then key = '[' .. key .. ']' end
   key = '    ' .. key
   return key .. (' '):rep(40 - #key) .. '-- ' .. param.help
end

local function usage_default(param)
   if type(param.default) == 'table' then return '  [default = ' .. xlua.table2string(param.default) .. ']' end
   if param.default ~= nil then return '  [default = ' .. tostring(param.default) .. ']' end
   if param.defaulta then return '  [default == ' .. param.defaulta .. ']' end
   return ''
end

-- The help text of a function. Arguments are tables {arg=, type=, help=, req=, default=, defaulta=}; or without
-- `arg`, for a function of positional arguments, whose forms are separated by ''.
function xlua.usage(funcname, description, example, ...)
   local params = {...}
   if type(params[1]) == 'table' and params[1].tabled then params = params[1].tabled end
   local lines = {BANNER, colors.Magenta .. funcname .. colors.none}
   local function add(line) lines[#lines + 1] = line end
   if description then
      add('')
      add(description)
   end
   add('')
   add(colors.blue .. '> ' .. colors.none .. 'usage:')
   if params[1] and params[1].arg then
      add(colors.cyan .. funcname .. '{')
      for _, param in ipairs(params) do add(usage_line(param, param.arg .. ' = ') .. usage_default(param)) end
      add('}')
   else
      add(colors.cyan .. funcname .. '(')
      for _, param in ipairs(params) do
         if param == '' then
            add(')')
            add(funcname .. '(')
         else
            add(usage_line(param, ''))
         end
      end
      add(')')
   end
   local text = table.concat(lines, '\n') .. '\n' .. colors.none
   if example then text = text .. '\n' .. colors.cyan .. example .. colors.none .. '\n' end
   return text .. BANNER
end

local function is_named(args)
   local only = args[1]
   return #args == 1 and type(only) == 'table' and #only == 0 and torch.typename(only) == nil
end

-- The arguments of a call f{name = value} or f(value, ...), checked against their definitions: a table of them by
-- name and by position, then each of them.
function xlua.unpack(args, funcname, description, ...)
   local defs = {...}
   local usage = setmetatable({}, {__tostring = function()
      local example
      if #defs > 1 then
         local first, second = defs[1], defs[2]
         example = ('%s{%s=%s, %s=%s}\n%s(%s, ...)'):format(funcname, second.arg, second.type, first.arg, first.type,
            funcname, first.type)
      end
      return xlua.usage(funcname, description, example, {tabled = defs})
   end})
   local function fail(message)
      if message then print(colors.Red .. message .. colors.none) end
      print(usage)
      xlua.error('error')
   end

   local given = {}
   if is_named(args) then
      given = args[1]
   else
      local any = false
      for i, def in ipairs(defs) do
         given[def.arg] = args[i]
         any = any or args[i] ~= nil
      end
      if not any and #args == 0 then fail() end
   end
   local found = {}
   for i, def in ipairs(defs) do
      local value = given[def.arg]
      if value == nil and def.req then fail('missing argument: ' .. def.arg) end
      if value == nil then value = def.default end
      if value == nil and def.defaulta then value = found[def.defaulta] end
      found[def.arg], found[i] = value, value
   end
   found.usage = usage
   return found, unpack(found, 1, #defs)
end

-- The same, into the fields of an object.
function xlua.unpack_class(object, ...)
   for name, value in pairs((xlua.unpack(...))) do
      if type(name) ~= 'number' then object[name] = value end
   end
end

-- Let a package show a help text when it is printed; returns the text.
function xlua.usage_module(module, name, description)
   local text = BANNER .. '\nPACKAGE:\n' .. name .. '\n'
   if description then text = text .. '\nDESC:\n' .. description .. '\n' end
   text = text .. BANNER .. '+' .. colors.none
   local metatable = getmetatable(module) or {}
   setmetatable(module, metatable)
   metatable.__tostring = function() return text end
   return text
end

-- 6. Options of a program -------------------------------------------------------------------------------------------

local Parser = {}

-- A parser for the command line in the global `arg`; `usage` may contain %prog.
function xlua.OptionParser(usage)
   local parser = {usage = usage, option_descriptions = {}, option_of = {}}
   for name, method in pairs(Parser) do parser[name] = method end
   parser:option{'-h', '--help', action = 'store_true', dest = 'help', help = 'show this help message and exit'}
   return parser
end

-- Add an option: {flag, ..., action='store' | 'store_true' | 'store_false', dest=, default=, req=, help=, metavar=}.
function Parser:option(description)
   table.insert(self.option_descriptions, description)
   for _, flag in ipairs(description) do self.option_of[flag] = description end
end

function Parser:fail(message)
   io.stderr:write(message .. '\n')
   self:help()
   os.exit(1)
end

-- '--flag=value' as two words.
local function split_words(words)
   local split = {}
   for _, word in ipairs(words) do
      local flag, value = word:match('^(%-%-%w+)=(.*)')
      split[#split + 1] = flag or word
      if flag then split[#split + 1] = value end
   end
   return split
end

-- Options by name, and the other words.
function Parser:parse(options)
   options = options or {}
   local others = {}
   for _, description in ipairs(self.option_descriptions) do
      if options[description.dest] == nil then options[description.dest] = description.default end
   end
   options.__main__ = arg ~= nil
   local words = split_words(arg or {})
   local i = 1
   while i <= #words do
      local word = words[i]
      local description = self.option_of[word]
      if not description then
         if word:find('^%-') then self:fail('invalid option ' .. word) end
         others[#others + 1] = word
      elseif description.action == 'store_true' or description.action == 'store_false' then
         options[description.dest] = description.action == 'store_true'
      else
         i = i + 1
         local value = words[i] or description.default
         if not value then self:fail('option requires an argument ' .. word) end
         options[description.dest] = value
      end
      i = i + 1
   end
   self.options = options
   if arg == nil then return options, others end
   for flag, description in pairs(self.option_of) do
      if description.req and not options[description.dest] then
         self:fail('option ' .. flag .. ' requires an argument ')
      end
   end
   if options.help then
      self:help()
      os.exit()
   end
   return options, others
end

-- '-n N, --number=N'
function Parser:flags(description)
   local takes_value = description.action == nil or description.action == 'store'
   local flags = {}
   for i, flag in ipairs(description) do
      local value = ''
      if takes_value then
         value = (#flag == 2 and ' ' or '=') .. (description.metavar or description.dest:upper())
      end
      flags[i] = flag .. value
   end
   return table.concat(flags, ', ')
end

function Parser:help()
   local program = arg and arg[0] and (arg[-1] and arg[-1] .. ' ' or '') .. arg[0] or 'THISPROG'
   io.write('Usage: ', (self.usage:gsub('%%prog', (program:gsub('%%', '%%%%')))), '\n\nOptions:\n')
   local width = 0
   for _, description in ipairs(self.option_descriptions) do width = math.max(width, #self:flags(description)) end
   for _, description in ipairs(self.option_descriptions) do
      local note = ''
      if description.req then
         note = ' [REQUIRED]'
      elseif description.default then
         note = ' [default = ' .. tostring(description.default) .. ']'
      end
      local flags = self:flags(description)
      io.write('  ', flags, (' '):rep(width - #flags), '  ', description.help, note, '\n')
   end
end

-- The options as text: one per line, or (with `as_filename`) those whose flags are in `flags` joined for a file name.
function Parser:tostring(as_filename, flags)
   if not as_filename then
      local lines = {'<' .. (arg and arg[0] or 'interpreted.lua'):gsub('.lua', '') .. '> configuration:'}
      for name, value in pairs(self.options) do lines[#lines + 1] = ' + ' .. name .. ' = ' .. tostring(value) end
      return table.concat(lines, '\n') .. '\n'
   end
   local wanted = {}
   for _, flag in ipairs(flags or {}) do wanted[flag] = true end
   local parts = {}
   for _, description in ipairs(self.option_descriptions) do
      local flag, value = description[1], self.options[description.dest]
      if value and (next(wanted) == nil or wanted[flag]) then parts[#parts + 1] = flag .. '=' .. tostring(value) end
   end
   return (table.concat(parts, ','):gsub('/', '|'):gsub(' ', '_'))
end

function Parser:summarize(as_filename)
   io.write(self:tostring(as_filename))
end

-- 7. A profiler -----------------------------------------------------------------------------------------------------

local Profiler = {}

-- mode: 'off' prints nothing. verbose: say when an event starts and ends.
function xlua.Profiler(mode, verbose)
   local profiler = {events = {}, list = {}, off = mode == 'off', verbose = verbose or false}
   for name, method in pairs(Profiler) do profiler[name] = method end
   return profiler
end

function Profiler:start(name, fps)
   local event = self.events[name]
   if not event then
      event = {name = name}
      self.events[name] = event
      table.insert(self.list, event)
   end
   event.cpu, event.real = os.clock(), sys.clock()
   if fps == 'fps' then event.fps = true end
   if self.verbose then
      io.write('<' .. name .. '>')
      io.flush()
   end
end

local function event_of(profiler, name)
   return profiler.events[name] or error(world.position() .. 'there is no profiler event ' .. tostring(name), 0)
end

function Profiler:setColor(name, color)
   event_of(self, name).color = color
end

-- Seconds since the start, of the processor and by the clock; over `divider`, if given.
function Profiler:cpu(name, divider)
   local event = event_of(self, name)
   event.cpud = (os.clock() - event.cpu) / (divider or 1)
   return event.cpud
end

function Profiler:real(name, divider)
   local event = event_of(self, name)
   event.reald = (sys.clock() - event.real) / (divider or 1)
   return event.reald
end

function Profiler:lap(name, divider)
   local real, cpu = self:real(name, divider), self:cpu(name, divider)
   if self.verbose then
      io.write('\r')
      self:print(name)
   end
   return real, cpu
end

function Profiler:format(name)
   local event = event_of(self, name)
   return ('$ real | cpu: %f | %f <%s>'):format(event.reald or -1, event.cpud or -1, name)
end

function Profiler:formatAll()
   local lines = {'$ profiler report:'}
   for _, event in ipairs(self.list) do
      local line = ('$ real %f | cpu %f <%s>'):format(event.reald or -1, event.cpud or -1, event.name)
      if event.fps then line = line .. (' = %f fps'):format(1 / (event.reald or -1)) end
      lines[#lines + 1] = line
   end
   return table.concat(lines, '\n')
end

function Profiler:print(name)
   if not self.off then print(self:format(name)) end
end

function Profiler:printAll()
   if not self.off then print(self:formatAll()) end
end

function Profiler:displayAll()
   error(world.position() .. 'Profiler:displayAll() drew into a Qt window, which there is not; use printAll()', 0)
end

-- 8. Helpers that xlua adds to Lua's own libraries ------------------------------------------------------------------

-- A list without `length` (1) elements from `start` (1) on, and a list of those.
function table.splice(list, start, length)
   start = start or 1
   local stop = start + (length or 1)
   local kept, removed = {}, {}
   for i, value in ipairs(list) do
      table.insert((i < start or i >= stop) and kept or removed, value)
   end
   return kept, removed
end

-- The values of a list, one for each value of hash(value); `merge(new, old)` makes one of two.
function table.prune(list, hash, merge)
   local by_hash = {}
   for _, value in ipairs(list) do
      local key = value
      if hash then key = hash(value) end
      if merge and by_hash[key] then value = merge(value, by_hash[key]) end
      by_hash[key] = value
   end
   local pruned = {}
   for _, value in pairs(by_hash) do pruned[#pruned + 1] = value end
   return pruned
end

-- The parts of a string between matches of a pattern; an empty one at either end is left out.
function string.split(text, pattern)
   local parts, position = {}, 1
   local field = '(.-)' .. pattern
   local first, last, part = text:find(field)
   while first do
      if last < first then error(world.position() .. 'split: the pattern matches the empty string', 0) end
      if first > 1 or part ~= '' then parts[#parts + 1] = part end
      position = last + 1
      first, last, part = text:find(field, position)
   end
   if position <= #text then parts[#parts + 1] = text:sub(position) end
   return parts
end

-- The value of a Lua expression.
function string.tosymbol(text)
   local chunk, message = loadstring('return ' .. text)
   if not chunk then error(world.position() .. message, 0) end
   local value = chunk()
   if not value then error(world.position() .. 'symbol "' .. text .. '" does not exist', 0) end
   return value
end

rawset(_G, 'xlua', xlua)
rawset(_G, 'xprint', xlua.print)
rawset(_G, 'xerror', xlua.error)
rawset(_G, 'xrequire', xlua.require)

return xlua
