-- Lua's own functions, taught about objects: `type`, `pairs`, `next`, `rawget` and so on answer for Python's objects
-- as they did for Torch7's, which were tables (modules, criterions, ...) or userdata (tensors, storages, files, ...).

local world = ...
local python = world.python
local rawtype, getmetatable, setmetatable, rawget, rawset, next, pairs = type, getmetatable, setmetatable, rawget,
   rawset, next, pairs

-- 1. Objects that are not tensors -----------------------------------------------------------------------------------

-- What Lua has assigned over a method of the class; it stands before the class. A function goes to Python as well.
local function object_index(object, key, record, ...)
   local own = record.own
   if own then
      local value = own[key]
      if value ~= nil then return value end
   end
   local class = record.class
   local handler = record.handlers and class.__index__
   if handler then
      local value, handled = handler(object, key)
      if handled then return value end
   end
   local member = class[key]
   if rawtype(member) == 'function' then return member end
   local value = world.getfield(object, key)
   if value ~= nil then return value end
   return member
end

local function object_newindex(object, key, value, record, ...)
   local class = record.class
   local handler = record.handlers and class.__newindex__
   if handler and handler(object, key, value) then return end
   if rawtype(value) == 'function' or rawtype(class[key]) == 'function' then
      local own = record.own
      if not own then
         own = {}
         record.own = own
      end
      own[key] = value
   end
   world.setfield(object, key, value)
end

-- The members of a class; of one that nobody has defined, as a file may hold objects of, its name alone.
local function members_of(typename)
   local class = world.adopt(typename)
   return class and class.members or {__typename = typename}
end

local function object_record(typename)
   local class = members_of(typename)
   return {class = class, index = object_index, newindex = object_newindex, own = false,
      handlers = class.__index__ ~= nil or class.__newindex__ ~= nil}
end

-- Kept in a table by Torch7: `type` says so.
function world.makers.table(object, typename, has_methods)
   local record = object_record(typename)
   record.table_like = true
   if has_methods then
      record.own = {}
      for key, value in pairs(world.fields(object)) do
         if rawtype(value) == 'function' then record.own[key] = value end
      end
   end
   return record
end

-- Kept in a userdata by Torch7. Indexing by number reaches Python's `__getitem__` (storages).
local function userdata_index(object, key, record, ...)
   local member = record.class[key]
   if member ~= nil then return member end
   return world.getitem(object, key)
end

local function userdata_newindex(object, key, value, ...)
   return world.setitem(object, key, value)
end

function world.makers.userdata(_, typename)
   return {class = members_of(typename), index = userdata_index, newindex = userdata_newindex}
end

-- Something of Python's that Torch7 knows nothing about: attributes, and calls.
local opaque = {}
function world.makers.opaque()
   return {class = opaque, index = function(object, key) return world.getfield(object, key) end,
      newindex = function(object, key, value) return world.setfield(object, key, value) end}
end

function opaque.__call__(object, ...) return world.call_object(object, ...) end

-- 2. Lua's functions ------------------------------------------------------------------------------------------------

function world.type(value, ...)
   local kind = rawtype(value)
   if kind == 'userdata' then
      local record = world.record(value)
      return record and record.table_like and 'table' or kind
   elseif kind == 'cdata' and world.is_view(value) then
      return 'userdata'
   end
   return kind
end
type = world.type

-- A fresh Lua table of an object's fields, nil for what is no object.
local function fields_of(object)
   object = world.given[object] or object
   if rawtype(object) ~= 'userdata' then return nil end
   local record = world.record(object)
   return record and record.table_like and world.fields(object) or nil
end

world.raw_pairs = pairs

-- What a userdata has in place of `pairs` or `ipairs`.
local function walk_of(object, name)
   if rawtype(object) ~= 'userdata' then return nil end
   local record = world.record(object)
   if record then return record.class[name] end
   return (getmetatable(object) or {})[name]
end

local ipairs = ipairs
function _G.ipairs(object)
   local walk = walk_of(object, '__ipairs')
   if walk then return walk(object) end
   return ipairs(object)
end

function _G.pairs(object)
   local walk = walk_of(object, '__pairs')
   if walk then return walk(object) end
   local fields = fields_of(object)
   return pairs(fields or object)
end

function _G.next(object, key)
   return next(fields_of(object) or object, key)
end

function _G.rawget(object, key)
   local fields = fields_of(object)
   if fields then return fields[key] end
   return rawget(object, key)
end

function _G.rawset(object, key, value)
   if fields_of(object) then
      world.setfield(object, key, value)
      return object
   end
   return rawset(object, key, value)
end

function _G.getmetatable(object)
   if rawtype(object) == 'userdata' then
      local record = world.record(object)
      if record then return record.class end
   elseif rawtype(object) == 'cdata' and world.is_view(object) then
      return object._kind.class
   end
   return getmetatable(object)
end

local plain_getmetatable = debug.getmetatable
function debug.getmetatable(value)
   local record = rawtype(value) == 'userdata' and world.record(value)
   return record and record.class or plain_getmetatable(value)
end

-- The step multiplier is the bridge's own (protocol.lua).
local collectgarbage = collectgarbage
function _G.collectgarbage(what, argument)
   if what == 'setstepmul' then return 200 end
   return collectgarbage(what, argument)
end

-- 3. Output goes where Python's goes --------------------------------------------------------------------------------

local write = python.write
local tostring, select, concat = tostring, select, table.concat

function print(...)
   local parts = {}
   for i = 1, select('#', ...) do parts[i] = tostring((select(i, ...))) end
   write(concat(parts, '\t') .. '\n')
end

world.plain_print = print

local file_methods = getmetatable(io.stdout).__index
local stdout, stderr, file_write, file_flush, io_output = io.stdout, io.stderr, file_methods.write, file_methods.flush,
   io.output

function file_methods.write(file, ...)
   if file ~= stdout and file ~= stderr then return file_write(file, ...) end
   local parts = {...}
   for i = 1, select('#', ...) do
      local kind = rawtype(parts[i])
      if kind ~= 'string' and kind ~= 'number' then
         error(world.position() .. ("bad argument #%d to 'write' (string expected, got %s)"):format(i, kind), 0)
      end
   end
   write(concat(parts), file == stderr)
   return file
end

function file_methods.flush(file)
   if file == stdout or file == stderr then
      python.flush()
      return true
   end
   return file_flush(file)
end

function io.write(...) return io_output():write(...) end
function io.flush() return io_output():flush() end

function os.exit(code, close)
   if code == nil or code == true then code = 0 elseif code == false then code = 1 end
   world.exit(code)
end
