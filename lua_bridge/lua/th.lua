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

local function has_tostring(value)
   local members = getmetatable(value)
   return members and (members.__tostring or members.__tostring__)
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

-- 2. require --------------------------------------------------------------------------------------------------------

-- The folder of the file that calls the function `level` levels up.
local function calling_folder(level)
   local source = debug.getinfo(level + 1, 'S').source
   return source:sub(1, 1) == '@' and source:match('^@(.*)/[^/]*$') or '.'
end

local plain_require = require

-- `require './file'` and `require '../file'` count from the requiring file.
function require(name)
   if rawtype(name) == 'string' and name:match('^%.%.?/') then
      local path = calling_folder(2) .. '/' .. name:gsub('^%./', '')
      local loaded = package.loaded[path]
      if loaded ~= nil then return loaded end
      for _, candidate in ipairs{path .. '.lua', path .. '/init.lua', path} do
         local file = io.open(candidate)
         if file and file:read(0) then
            file:close()
            local result = assert(loadfile(candidate))(name)
            if result == nil then result = true end
            package.loaded[path] = result
            return result
         end
      end
      error(("module '%s' not found beside %s"):format(name, calling_folder(2)), 2)
   end
   return plain_require(name)
end

-- A script's own folder is where its modules are.
function th.set_script(path)
   local folder = path:match('^(.*)/[^/]*$')
   if folder then package.path = folder .. '/?.lua;' .. folder .. '/?/init.lua;' .. package.path end
end

-- 3. Global variables -----------------------------------------------------------------------------------------------

-- Tell (or, if `strict`, refuse) each global variable that is made from now on.
function th.watch_globals(strict)
   setmetatable(_G, {
      __newindex = function(t, name, value)
         local message = ("new global variable '%s'"):format(tostring(name))
         if strict then error(message, 2) end
         io.stderr:write('th: ' .. world.position() .. message .. '\n')
         rawset(t, name, value)
      end,
   })
end

-- 4. The prompt -----------------------------------------------------------------------------------------------------

-- Call f and print what it returns.
function th.print_results(f)
   local function show(...)
      if select('#', ...) > 0 then print(...) end
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
