-- The object protocol: how Lua sees Python's objects.
--
-- An object is the userdata that lupa makes of a Python object. lupa gives all of them one metatable, whose
-- metamethods are replaced here; what an object is comes from a record in `info`, made when Lua first touches it.
-- Every call into Python goes through a stub made by `world.stub`: arguments, results, errors and memory are looked
-- after there and nowhere else.

local world = ...
local python = world.python -- Python's half: plain functions
local select, rawtype, error, setmetatable, getmetatable = select, type, error, setmetatable, getmetatable
local getinfo, yield, isyieldable = debug.getinfo, coroutine.yield, coroutine.isyieldable
local collectgarbage = collectgarbage

-- A garbage collection must be whole, from mark to finalizers, between two calls of Python: lupa keeps its objects in
-- a weak table, and in between it would hand out one object for another. A step multiplier of 0 means just that.
collectgarbage('setstepmul', 0)

-- A pointer into a tensor's memory is good only while world.epoch stands still: every call that may move or resize
-- memory advances it.
world.epoch = 0
-- The coroutine that runs, nil on the main thread (see coroutines.lua).
world.thread = nil

local info = setmetatable({}, {__mode = 'k'}) -- userdata -> record {class =, index =, newindex =, ...}
world.info = info

-- 1. Errors ---------------------------------------------------------------------------------------------------------

-- The innermost line of the user's own Lua code, as error() would put it before a message.
local function position()
   for level = 2, 1000 do
      local frame = getinfo(level, 'Sl')
      if not frame then return '' end
      if frame.currentline > 0 and frame.source:sub(1, 10) ~= '=[torch7py' then
         return frame.short_src .. ':' .. frame.currentline .. ': '
      end
   end
   return ''
end
world.position = position

-- Python's answer was not a plain result: it failed, or there is so much tensor memory about that Lua should collect.
local signals = {}

function signals.fail(message) -- a Python exception's text
   return error(position() .. message, 0)
end

function signals.rethrow(value) -- an error that began in Lua: as it was
   return error(value, 0)
end

function signals.collect(...)
   collectgarbage()
   return ...
end

function signals.nothing() end

function signals.moved(...) -- a call that leaves memory alone as a rule did not
   return ...
end

local SIGNAL = {}
world.signal = SIGNAL

local function handle(_, kind, ...)
   world.epoch = world.epoch + 1 -- what failed may have moved memory, too
   return signals[kind](...)
end

-- What a call returned, for a script; Python's empty answer is the call's first argument.
local function finish_steady(first, ...)
   local result = ...
   if result == nil and select('#', ...) == 0 then return first end
   if result == SIGNAL then return handle(...) end
   return ...
end

local function finish(first, ...)
   world.epoch = world.epoch + 1
   return finish_steady(first, ...)
end

-- 2. Coroutines --------------------------------------------------------------------------------------------------

-- In a coroutine the call is handed to whoever resumed it, up to the main thread: Python objects that lupa made
-- while a coroutine ran would outlive its stack.
local CROSS = {}
world.cross = CROSS
local stranded = {} -- coroutines that had to call from where they could not yield: kept for good

local function call_from_coroutine(call, ...)
   if isyieldable and isyieldable() then return yield(CROSS, call, ...) end
   stranded[world.thread] = true
   return call(...)
end

local function cross(call, ...)
   if world.thread then return call_from_coroutine(call, ...) end
   return call(...)
end

-- 3. Arguments ------------------------------------------------------------------------------------------------------

local ids = setmetatable({}, {__mode = 'k'})
local last_id = 0

-- A number for a table or function, always the same one: Python finds by it the object that it has made for it.
local function identify(value)
   local id = ids[value]
   if not id then
      id = last_id + 1
      last_id = id
      ids[value] = id
   end
   return id
end
world.identify = identify

-- What Python is given for a Lua table, function or cdata: the Python object that stands for it.
local convert
local converters = {}

-- Tables that are objects of Python's classes all the same, and these objects (see torch.setmetatable).
local given = setmetatable({}, {__mode = 'k'})
world.given = given

function converters.table(value)
   return given[value] or cross(python.table, value, identify(value), world.lua_typename(value))
end

converters['function'] = function(value)
   return cross(python.callable, value, identify(value))
end

function converters.cdata(value)
   return world.is_view(value) and world.tensor_of(value) or tonumber(value) or value
end

function convert(value)
   local converter = converters[rawtype(value)]
   if converter then return converter(value) end
   return value
end
world.convert = convert

local function convert_all(first, ...)
   if select('#', ...) == 0 then return convert(first) end
   return convert(first), convert_all(...)
end

local function convert_results(...)
   if select('#', ...) == 0 then return end
   return convert_all(...)
end

local foreign = {table = true, ['function'] = true, cdata = true}

local function any_foreign(...)
   for i = 1, select('#', ...) do
      if foreign[rawtype((select(i, ...)))] then return true end
   end
   return false
end

-- 4. Stubs: the door from Lua to Python -----------------------------------------------------------------------------

-- A Lua function that calls a Python function (one made by Python's `door`). `steady` says that the call leaves the
-- memory of all existing tensors where it is.
function world.stub(call, steady)
   local finish = steady and finish_steady or finish
   return function(...)
      local count = select('#', ...)
      local first, b, c = ...
      local a = first
      if count <= 3 and foreign[rawtype(a)] then a = convert(a) end
      if count == 1 then
         if world.thread then return finish(first, call_from_coroutine(call, a)) end
         return finish(first, call(a))
      elseif count == 2 then
         if foreign[rawtype(b)] then b = convert(b) end
         if world.thread then return finish(first, call_from_coroutine(call, a, b)) end
         return finish(first, call(a, b))
      elseif count == 3 then
         if foreign[rawtype(b)] then b = convert(b) end
         if foreign[rawtype(c)] then c = convert(c) end
         if world.thread then return finish(first, call_from_coroutine(call, a, b, c)) end
         return finish(first, call(a, b, c))
      elseif world.thread then
         return finish(first, call_from_coroutine(call, convert_results(...)))
      elseif any_foreign(...) then
         return finish(first, call(convert_results(...)))
      end
      return finish(first, call(...))
   end
end

function world.make_stub(call, steady)
   return world.stub(world.as_function(call), steady)
end

-- The stub for a member of a class of Python's. Few of all these are ever called: Python's half is made when it is.
function world.member_stub(typename, name)
   local stub
   return function(...)
      if not stub then stub = world.make_stub(python.class_member(typename, name)) end
      return stub(...)
   end
end

-- 5. Python calls Lua -----------------------------------------------------------------------------------------------

-- A stack traceback without the bridge's own frames.
local function traceback(level)
   local lines = {}
   for line in debug.traceback('', level + 1):gmatch('[^\n]+') do
      if not line:find('[torch7py/', 1, true) then lines[#lines + 1] = line end
   end
   while lines[#lines]:find("[C]: in function 'xpcall'", 1, true) do lines[#lines] = nil end
   return table.concat(lines, '\n')
end

world.traceback = function(message, ...) return tostring(message) .. '\n' .. traceback(2) end

local function on_error(value)
   return {value = value, traceback = traceback(2)}
end

-- xpcall that hands arguments on; Lua 5.1's own does not.
local xpcall = xpcall
if not select(2, xpcall(function(...) return ... end, print, true)) then
   local plain_xpcall = xpcall
   function xpcall(f, handler, ...)
      local arguments, count = {...}, select('#', ...)
      return plain_xpcall(function() return f(unpack(arguments, 1, count)) end, handler)
   end
end

local function answer(ok, ...)
   if not ok then
      local failure = ...
      if rawtype(failure) ~= 'table' then -- the handler itself failed: stack overflow, out of memory
         return false, failure, ''
      end
      return false, convert(failure.value), failure.traceback
   end
   return true, convert_results(...)
end

-- Call a function for Python: true and its results, or false, the error value and a traceback.
function world.invoke(f, ...)
   local thread = world.thread
   world.thread = nil
   world.epoch = world.epoch + 1
   return (function(...) world.thread = thread return ... end)(answer(xpcall(f, on_error, ...)))
end

-- Call what a class's member is by now (a method may be assigned again).
function world.invoke_member(members, name, ...)
   return world.invoke(members[name], ...)
end

-- 6. Metamethods ----------------------------------------------------------------------------------------------------

-- The record of an object that Lua has not touched before.
local makers = {} -- kind -> function(object, typename, has methods of its own) making a record
world.makers = makers

local function learn(object)
   local kind, typename, has_methods = python.describe(object)
   local record = (makers[typename] or makers[kind])(object, typename, has_methods)
   info[object] = record
   return record
end
world.learn = learn

-- The record of a userdata: nil for one that is not Python's (an open file, say).
function world.record(object)
   return info[object] or (getmetatable(object) == world.metatable and learn(object)) or nil
end

local metatable = debug.getmetatable(python.sample)
world.metatable = metatable

-- (The `...` is for LuaJIT, see elements.lua.)
function metatable.__index(object, key, ...)
   local record = info[object] or learn(object)
   return record.index(object, key, record)
end

function metatable.__newindex(object, key, value, ...)
   local record = info[object] or learn(object)
   return record.newindex(object, key, value, record)
end


-- The class of an operand, if it has one.
local function class_of(value)
   local kind = rawtype(value)
   if kind == 'userdata' then
      local record = world.record(value)
      return record and record.class
   elseif kind == 'table' then
      return getmetatable(value)
   elseif kind == 'cdata' then
      return world.is_view(value) and value._kind.class or nil
   end
end
world.class_of = class_of

function metatable.__eq(a, b)
   local class = class_of(a)
   local method = class and class.__eq__
   if method then return method(a, b) end
   return python.same(a, b)
end

-- Operators: a class defines `__add__` and so on; Torch7 asks the first operand, then the second. A script may also put
-- a function in place of a class's `__add` itself: it is called instead, and may call the one that was there before.
local operators = {} -- name -> what a class has if no script has replaced it
world.class_operators = operators

local function operator(name, what)
   local member = name .. '__'
   local function operate(a, b)
      local class = class_of(a)
      local method = class and class[member]
      if not method then
         class = class_of(b)
         method = class and class[member]
      end
      if not method then
         error(position() .. 'attempt to ' .. what .. ' a ' .. world.describe_value(a) ..
            (name ~= '__unm' and ' and a ' .. world.describe_value(b) or ''), 0)
      end
      return method(a, b)
   end
   operators[name] = operate
   metatable[name] = function(a, b)
      local class = class_of(a)
      local replacement = class and class[name]
      if not replacement then
         class = class_of(b)
         replacement = class and class[name]
      end
      return (replacement or operate)(a, b)
   end
end
operator('__add', 'add')
operator('__sub', 'subtract')
operator('__mul', 'multiply')
operator('__div', 'divide')
operator('__mod', 'take the remainder of')
operator('__pow', 'raise to a power')
operator('__unm', 'negate')
operator('__concat', 'concatenate')
operator('__lt', 'compare')
operator('__le', 'compare')

local negate = operators.__unm -- Lua gives it its operand twice
function operators.__unm(a) return negate(a, a) end

function metatable.__len(object)
   local class = class_of(object)
   local method = class and (class.__len__ or class.__len or class.size)
   if not method and world.type(object) == 'table' then return 0 end -- of an object's table without a list
   if not method then error(position() .. 'attempt to get the length of a ' .. world.describe_value(object), 0) end
   return method(object)
end

function metatable.__call(object, ...)
   local class = class_of(object)
   local method = class and class.__call__
   if not method then error(position() .. 'attempt to call a ' .. world.describe_value(object), 0) end
   return method(object, ...)
end

function metatable.__tostring(object)
   local class = class_of(object)
   local method = class and class.__tostring__
   if method then return method(object) end
   return class and class.__typename or python.repr(object)
end

function world.describe_value(value)
   local class = class_of(value)
   local typename = class and rawtype(class) == 'table' and class.__typename
   return typename or rawtype(value)
end

-- What a userdata keeps of the original's: nothing but lupa's own finalizer.
world.operators = {'__add', '__sub', '__mul', '__div', '__mod', '__pow', '__unm', '__concat', '__lt', '__le', '__len',
   '__call', '__tostring'}
