-- What `th` adds to Lua: a print that shows tables, a `require` that finds files beside the requiring one, and a
-- watch over global variables.

local world = ...
local rawtype, tostring, select, concat = type, tostring, select, table.concat
local type = world.type
local th = {}
world.th = th

-- 1. print ----------------------------------------------------------------------------------------------------------

-- Keys in a steady order: numbers first, then strings, then the rest.
local function sorted_keys(t)
   local keys = {}
   for key in pairs(t) do keys[#keys + 1] = key end
   local rank = {number = 1, string = 2}
   table.sort(keys, function(a, b)
      local kind_a, kind_b = rawtype(a), rawtype(b)
      local rank_a, rank_b = rank[kind_a] or 3, rank[kind_b] or 3
      if rank_a ~= rank_b then return rank_a < rank_b end
      if rank_a == 3 then return tostring(a) < tostring(b) end
      return a < b
   end)
   return keys
end

local function summary(x)
   local typename = torch.typename(x):match('torch%.(.+)')
   if torch.isStorage(x) then return typename .. ' - size: ' .. x:size() end
   if x:dim() == 0 then return typename .. ' - empty' end
   return typename .. ' - size: ' .. concat(x:size():totable(), 'x')
end

-- A value that stands in a table.
local function describe(value)
   if torch.isTensor(value) or torch.isStorage(value) then return summary(value) end
   if rawtype(value) == 'string' then return '"' .. value .. '"' end
   return tostring(value)
end

local levels = 5 -- tables in tables that are shown

-- The lines of a table or of an object's fields.
local function add_lines(lines, t, depth)
   local indent = (' '):rep(4 * depth)
   if next(t) == nil then
      lines[#lines + 1] = indent .. '{}'
      return
   end
   lines[#lines + 1] = indent .. '{'
   for _, key in ipairs(sorted_keys(t)) do
      local value, head = t[key], indent .. '  ' .. tostring(key) .. ' : '
      if type(value) ~= 'table' then
         lines[#lines + 1] = head .. describe(value)
      elseif depth + 1 >= levels or next(value) == nil then
         lines[#lines + 1] = head .. '{...}'
      else
         lines[#lines + 1] = head
         add_lines(lines, value, depth + 1)
      end
   end
   lines[#lines + 1] = indent .. '}'
end

-- Every object of Torch7 has one: by default it says the type name.
local function has_tostring(value)
   local members = getmetatable(value)
   return torch.typename(value) or members and members.__tostring
end

-- Strings and numbers are followed by a tab, tables and userdata by the end of the line, as under the original.
function print(...)
   local parts, count = {}, select('#', ...)
   for i = 1, count do
      local value = select(i, ...)
      local kind = type(value)
      if kind == 'table' and not has_tostring(value) then
         local lines = {}
         add_lines(lines, value, 0)
         parts[i] = concat(lines, '\n') .. '\n'
      elseif kind == 'table' or kind == 'userdata' or kind == 'cdata' then
         parts[i] = tostring(value) .. '\n'
      else
         parts[i] = tostring(value) .. (i < count and '\t' or '\t\n')
      end
   end
   world.python.write(concat(parts))
end

-- setprintlevel(n): how deep print goes into tables in tables; 0 shows tables as Lua's own print does.
local plain_print, print_tables = world.plain_print, print
function setprintlevel(n)
   if rawtype(n) ~= 'number' or n < 0 then error('setprintlevel: expected a number from 0, got ' .. tostring(n), 2) end
   levels = math.floor(n)
   print = levels == 0 and plain_print or print_tables
end

-- Names that trepl has for the two.
print_old, print_new = plain_print, print_tables

-- Colours are for terminals.
function noColors()
   local colors = require 'trepl.colors'
   for name in pairs(colors) do colors[name] = '' end
end
if not torch.isatty(io.stdout) then noColors() end

-- 2. require --------------------------------------------------------------------------------------------------------

local readers = {
   th = function(path) return torch.load(path) end,
   net = function(path)
      require 'nn'
      return torch.load(path)
   end,
   json = function(path)
      local file = assert(io.open(path, 'rb'))
      local text = file:read '*a'
      file:close()
      return require('cjson').decode(text)
   end,
   csv = function(path) return require('csv').load(path) end,
}

-- What reads the file that a path means: Lua code with or without .lua, a folder's init.lua, or data; nil if there is
-- none. Also returns the file's name.
local function reader_of(path)
   if paths.filep(path .. '.lua') then return dofile, path .. '.lua' end
   if paths.filep(path) then return readers[path:match('%.(%a+)$')] or dofile, path end
   for _, extension in ipairs{'th', 'net', 'json', 'csv'} do
      local file = path .. '.' .. extension
      if paths.filep(file) then return readers[extension], file end
   end
   if paths.filep(path .. '/init.lua') then return dofile, path .. '/init.lua' end
end

-- The folder of the innermost Lua file that is being run.
local function calling_folder()
   for level = 3, 1000 do
      local frame = debug.getinfo(level, 'S')
      if not frame then return '.' end
      local file = frame.source:match '^@(.*)$'
      if file and paths.filep(file) then return paths.dirname(file) end
   end
end

local plain_require = require

-- A name that begins with a dot is a file beside the requiring one, which is read anew each time.
function require(name)
   if rawtype(name) ~= 'string' or name:sub(1, 1) ~= '.' then return plain_require(name) end
   local folder = calling_folder()
   local read, file = reader_of(paths.concat(folder, name))
   if not read then error(("module '%s' not found beside %s"):format(name, folder), 2) end
   return read(file)
end

-- A package that is nowhere else may be a file (or data) in the current folder.
table.insert(package.loaders, #package.loaders, function(name)
   local read, file = reader_of(paths.concat('.', name))
   return read and function() return read(file) end
end)

-- A script's own folder is where its modules are.
function th.set_script(path)
   local folder = path:match('^(.*)/[^/]*$')
   if folder then package.path = folder .. '/?.lua;' .. folder .. '/?/init.lua;' .. package.path end
end

-- import(package, [forced]): its members as globals, where there are none of these names (or all).
function import(name, forced)
   local loaded = require(name)
   for key, value in pairs(rawget(_G, name) or rawtype(loaded) == 'table' and loaded or {}) do
      if forced or not rawget(_G, key) then rawset(_G, key, value) end
   end
end

-- 3. Global variables -----------------------------------------------------------------------------------------------

-- Tell of each global variable that is made from now on, or read where there is none. With `true` raise an error; with
-- a function call that with the name and 'newindex' or 'index'.
function monitor_G(action)
   local metatable = getmetatable(_G) or {}
   local outer, made = metatable.__index, {}
   local function tell(what, name, kind)
      if rawtype(action) == 'function' then return action(name, kind) end
      local frame, colors = debug.getinfo(3, 'Sl'), require 'trepl.colors'
      local place = frame.currentline > 0 and colors.magenta .. frame.source:gsub('^@', '') .. colors.none .. ':' ..
         colors.green .. frame.currentline .. colors.none or colors.yellow .. '[C-module]' .. colors.none
      local message = colors.red .. what .. ': ' .. colors.blue .. tostring(name) .. colors.none .. ' @ ' .. place
      if action then error(message, 3) end
      print(message)
   end
   function metatable.__newindex(t, name, value)
      if not made[name] then tell('created global variable', name, 'newindex') end
      made[name] = true
      rawset(t, name, value)
   end
   function metatable.__index(t, name)
      local value
      if outer then value = outer(t, name) end
      if value == nil then tell('attempt to read undeclared variable', name, 'index') end
      return value
   end
   setmetatable(_G, metatable)
end

th.watch_globals = monitor_G

-- A global variable in a line: type, and size or value.
local function describe_global(name, value, width)
   local text
   if torch.isTensor(value) or torch.isStorage(value) then
      text = summary(value)
   elseif type(value) == 'table' then
      text = torch.typename(value) or 'table - size: ' .. #value
   elseif rawtype(value) == 'string' then
      text = value:gsub('\n', '\\n')
      text = 'string : "' .. (#text > 40 and text:sub(1, 40) .. '...' or text) .. '"'
   else
      text = tostring(value)
   end
   name = '[' .. tostring(name) .. ']'
   return name .. (' '):rep(width + 2 - #name) .. ' = ' .. text
end

-- Print the user's global variables; with `true`, what was there before as well.
function who(system)
   local function show(title, wanted)
      local names, width = {}, 0
      for name in pairs(_G) do
         width = math.max(width, #tostring(name))
         if (_preloaded_[name] or false) == wanted then names[#names + 1] = name end
      end
      table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
      print(title)
      for _, name in ipairs(names) do print(describe_global(name, rawget(_G, name), width)) end
   end
   if system then show('== System Variables ==', true) end
   show('== User Variables ==', false)
   print('==')
end

-- What else a script finds: Penlight's modules as globals, made when they are used, and its operator for formats.
function th.complete_globals()
   require 'pl'
   local strings = getmetatable('')
   function strings.__mod(text, values)
      require('pl.text').format_operator()
      return strings.__mod(text, values)
   end
   _preloaded_, _RESULTS, _LAST = {}, {}, ''
   for name in pairs(_G) do _preloaded_[name] = true end
end

-- Torch7's nn made a layer for its own tests while it was loaded: four random numbers later is where a script goes on
-- that seeds before.
function th.draw_as_nn_is_loaded()
   local load_nn = package.preload.nn
   function package.preload.nn(...)
      local nn = load_nn(...)
      nn.Linear(1, 2)
      return nn
   end
end

-- 4. The prompt -----------------------------------------------------------------------------------------------------

-- `require 'trepl'()` and repl() stop a script at the prompt.
function repl() return world.prompt() end
package.preload.trepl = function() return repl end

-- Call f and print what it returns; the first result is kept.
function th.print_results(f)
   local function show(...)
      if select('#', ...) == 0 then return end
      _LAST = ...
      table.insert(_RESULTS, _LAST)
      print(...)
   end
   show(f())
end

-- The names in a table or object, and in the classes behind it; `path` is like 'torch' or 'net.modules'.
function th.names_in(path)
   local value = _G
   for part in path:gmatch('[^%.:]+') do
      local ok, found = pcall(function() return value[part] end)
      if not ok or found == nil then return {} end
      value = found
   end
   local names, seen = {}, {}
   local function add(t)
      while rawtype(t) == 'table' and not seen[t] do
         seen[t] = true
         for name in world.raw_pairs(t) do names[#names + 1] = name end
         local metatable = debug.getmetatable(t)
         t = metatable and metatable.__index
      end
   end
   if type(value) == 'table' then
      for name in pairs(value) do names[#names + 1] = name end
   end
   if torch.typename(value) then add(getmetatable(value)) else add(value) end
   return names
end
