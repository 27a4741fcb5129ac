-- torch.class and what belongs to it: classes as tables of members, in Lua alone or with a Python ancestor.
--
-- A class has a member table (what Torch7 calls its metatable) and a constructor table, through which members are
-- read and written and which makes objects when called. Objects of a class without Python ancestor are Lua tables
-- with the member table as metatable. A Python class has a member table too; behind it stands a table of stubs.

local world = ...
local python = world.python
local rawtype, rawget, rawset, setmetatable, getmetatable = type, rawget, rawset, setmetatable, getmetatable

local classes = {} -- type name -> {members =, constructor =, parent = member table, python = boolean}
world.classes = classes

-- 1. Objects in Lua tables ------------------------------------------------------------------------------------------

-- `__index__(object, key)` returns a value and whether it has handled the key; it is asked before the members.
local function index_with(members)
   return function(object, key)
      local handler = members.__index__
      if handler then
         local value, handled = handler(object, key)
         if handled then return value end
      end
      return members[key]
   end
end

local function newindex(object, key, value)
   local handler = getmetatable(object).__newindex__
   if handler and handler(object, key, value) then return end
   rawset(object, key, value)
end

local function tostring_of(object)
   local members = getmetatable(object)
   local method = members.__tostring__
   if method then return method(object) end
   return members.__typename
end

local function equal(a, b)
   local method = getmetatable(a).__eq__
   if method then return method(a, b) end
   return rawequal(a, b)
end

local function call_of(object, ...)
   local method = getmetatable(object).__call__
   if not method then error(world.position() .. 'attempt to call a ' .. getmetatable(object).__typename, 0) end
   return method(object, ...)
end

-- Only a member table that is a metatable of Lua tables needs these.
local function make_metatable(members)
   rawset(members, '__index', setmetatable({}, {__index = members})) -- like the original's, not the members themselves
   rawset(members, '__tostring', tostring_of)
   rawset(members, '__call', call_of)
   rawset(members, '__eq', equal)
   for _, name in ipairs(world.operators) do
      if not rawget(members, name) then rawset(members, name, world.class_operators[name] or world.metatable[name]) end
   end
end

-- `__index__` and `__newindex__` cost every access, so they are wired in only when a class defines them.
local function on_member(members, key, value)
   rawset(members, key, value)
   if key == '__index__' then
      rawset(members, '__index', index_with(members))
   elseif key == '__newindex__' then
      rawset(members, '__newindex', newindex)
   end
end

-- 2. Constructors ---------------------------------------------------------------------------------------------------

local function construct_lua(members)
   return function(...)
      local object = setmetatable({}, members)
      local init = members.__init
      if init then init(object, ...) end
      return object
   end
end

-- By type name: what is tried first to make an object, with Python's way and the arguments; nil leaves it to Python.
local builders = {}
world.builders = builders

local function construct_python(typename)
   local construct = python.constructor(typename)
   return function(...)
      local build = builders[typename]
      return build and build(construct, ...) or construct(...)
   end
end

local constructors = setmetatable({}, {__mode = 'k'})

local function make_constructor(members, new)
   local constructor = setmetatable({}, {
      __index = members,
      __newindex = members,
      __metatable = members, -- so that getmetatable(nn.Linear).__typename is its name
      __call = function(_, ...) return new(...) end,
   })
   constructors[constructor] = true
   return constructor
end

-- 3. Classes --------------------------------------------------------------------------------------------------------

-- Programs tell a class from other tables by the registry, where Torch7 kept its classes' names.
local function enter(typename, class)
   classes[typename] = class
   debug.getregistry()[class.members] = typename
end

-- What is assigned to a class of Python's takes effect there as well. It stands `behind` the members, so that the next
-- assignment is seen too.
local function python_assigner(typename, behind)
   return function(members, key, value)
      rawset(behind, key, value)
      world.assign_member(typename, members, key, value)
   end
end

-- Stubs by name for the members that Python's class has; or for the functions of package torch.
function world.stubs_of(typename)
   local stubs = {}
   for _, name in ipairs(python.class_members(typename)) do stubs[name] = world.member_stub(typename, name) end
   for name, list in pairs(world.class_lists(typename) or {}) do stubs[name] = list end
   for name, operate in pairs(world.class_operators) do stubs[name] = operate end
   return stubs
end

-- A package of Python's has added members to a class.
function world.refresh_class(typename)
   local class = classes[typename]
   if not class then return end
   for name, stub in pairs(world.stubs_of(typename)) do class.stubs[name] = stub end
end

-- Where a class's members are looked for behind its own, and what assigns one; scripts take its parent for its metatable.
local function set_behind(members, behind, assign, parent)
   setmetatable(members, {__index = behind, __newindex = assign, __metatable = parent})
end

-- The Lua face of a class that Python knows by this name; nil if it knows none.
local function adopt(typename)
   local known = classes[typename]
   if known then return known end
   local parent = python.class_parent(typename)
   if parent == nil then return nil end
   local stubs = world.stubs_of(typename)
   parent = parent and adopt(parent)
   if parent then setmetatable(stubs, {__index = parent.members}) end
   local members = {__typename = typename}
   local class = {members = members, parent = parent and parent.members, python = true, stubs = stubs}
   local new = construct_python(typename)
   stubs.new = new
   local behind = setmetatable({}, {__index = stubs})
   set_behind(members, behind, python_assigner(typename, behind), class.parent)
   class.constructor = make_constructor(members, new)
   enter(typename, class)
   return class
end
world.adopt = adopt

local function find(typename)
   return classes[typename] or adopt(typename)
end
world.find_class = find

-- Whether a script may not define a class of this name. It may hide one that only a Python program has registered: that
-- may be the very port of this script.
local function taken(typename)
   local class = find(typename)
   if class and class.python and python.class_of_program(typename) then
      classes[typename] = nil
      return false
   end
   return class ~= nil
end

local function define(typename, parent)
   local members
   local class
   if parent and parent.python then
      world.subclass(typename, parent.members.__typename)
      local new = construct_python(typename)
      local behind = setmetatable({new = new}, {__index = parent.members})
      members = {__typename = typename}
      set_behind(members, behind, python_assigner(typename, behind), parent.members)
      class = {members = members, python = true}
      class.constructor = make_constructor(members, new)
   else
      members = {__typename = typename, __version = 1}
      members.new = construct_lua(members)
      members.__factory = function() return setmetatable({}, members) end
      make_metatable(members)
      if parent then
         for _, name in ipairs{'__index__', '__newindex__'} do
            if parent.members[name] then on_member(members, name, parent.members[name]) end
         end
      end
      set_behind(members, parent and parent.members, on_member, parent and parent.members)
      class = {members = members, python = false}
      class.constructor = make_constructor(members, members.new)
   end
   class.parent = parent and parent.members
   enter(typename, class)
   return class
end

-- 4. The functions of package torch ---------------------------------------------------------------------------------

local torch = world.torch

-- 'a.b.C' -> the table a.b, and 'C'
local function place_of(typename, module)
   if module then return module, typename:match('([^%.]+)$') end
   local place = _G
   local path, name = typename:match('^(.*)%.([^%.]+)$')
   for part in (path or ''):gmatch('[^%.]+') do
      place = rawtype(place) == 'table' and place[part]
      if rawtype(place) ~= 'table' then
         error(world.position() .. ("while creating class %s: package %s unknown"):format(typename, path), 0)
      end
   end
   return place, name or typename
end

-- torch.class(name, [parent name], [module table]): returns the new class and its parent.
function torch.class(typename, ...)
   local parent_name, module
   for i = 1, select('#', ...) do
      local argument = select(i, ...)
      if rawtype(argument) == 'string' then
         parent_name = argument
      elseif rawtype(argument) == 'table' then
         module = argument
      elseif argument ~= nil then
         error(world.position() .. 'torch.class: expected a parent class name or a module table, got ' ..
            world.describe_value(argument), 0)
      end
   end
   if rawtype(typename) ~= 'string' then
      error(world.position() .. 'torch.class: expected a class name, got ' .. world.describe_value(typename), 0)
   end
   if taken(typename) then
      error(world.position() .. ('class %s has been already assigned a parent class or metatable'):format(typename), 0)
   end
   local parent
   if parent_name then
      parent = find(parent_name)
      if not parent then
         error(world.position() .. ('%s: parent class %s does not exist'):format(typename, parent_name), 0)
      end
   end
   local place, name = place_of(typename, module)
   local class = define(typename, parent)
   rawset(place, name, class.constructor)
   return class.members, class.parent
end

function world.is_constructor(value) return constructors[value] == true end

-- The type name of a Lua table that is an object, else nil.
function world.lua_typename(value)
   if constructors[value] then return nil end
   local members = getmetatable(value)
   local typename = rawtype(members) == 'table' and rawget(members, '__typename')
   if typename and classes[typename] and classes[typename].members == members and members ~= value then
      return typename
   end
end

function torch.typename(value)
   local kind = rawtype(value)
   if kind == 'userdata' then
      local record = world.record(value)
      return record and record.class and record.class.__typename
   elseif kind == 'table' then
      return world.lua_typename(value)
   elseif kind == 'cdata' and world.is_view(value) then
      return value._kind.class.__typename
   end
end

function torch.type(value)
   return torch.typename(value) or world.type(value)
end

-- Is this an object of the class or of one that descends from it? A plain name must match in full, a Lua pattern in part.
-- What counts is the chain of metatables: a class descends from its parent, and a table may have a class by hand.
function torch.isTypeOf(value, what)
   if rawtype(what) == 'table' then what = getmetatable(what).__typename end
   local members = world.class_of(value)
   while rawtype(members) == 'table' do
      local typename = members.__typename
      local match = typename and typename:match(what)
      if match and (match ~= what or match == typename) then return true end
      members = getmetatable(members)
   end
   return false
end

function torch.getmetatable(typename)
   if rawtype(typename) ~= 'string' then typename = torch.typename(typename) end
   local class = typename and find(typename)
   return class and class.members
end

function torch.getconstructortable(typename)
   local class = find(typename)
   return class and class.constructor
end

-- A table that was given a class of Python's by hand, as programs do that convert layers: a new object of the class has
-- its fields from now on, and stands for it in Python.
local function give_to_python(value, typename)
   local object = torch.factory(typename)()
   for key, field in pairs(value) do object[key] = field end
   for key in pairs(value) do rawset(value, key, nil) end
   world.given[value] = object
   local metatable = {
      __index = function(_, key) return object[key] end,
      __newindex = function(_, key, field) object[key] = field end,
      __metatable = classes[typename].members,
   }
   for _, name in ipairs(world.operators) do metatable[name] = world.metatable[name] end
   debug.setmetatable(value, metatable)
end

function torch.setmetatable(value, typename)
   local class = find(typename)
   if not class then error(world.position() .. ('unknown class %s'):format(tostring(typename)), 0) end
   if class.python and rawtype(value) == 'table' then
      give_to_python(value, typename)
   else
      setmetatable(value, class.members)
   end
   return typename
end

-- torch.newmetatable(name, [parent name], [constructor], nil, [factory], [module table]): a class by hand.
function torch.newmetatable(typename, parent_name, constructor, _, factory, module)
   if taken(typename) then
      error(world.position() .. ('class %s has been already assigned a parent class or metatable'):format(typename), 0)
   end
   local parent = parent_name and find(parent_name)
   if parent_name and not parent then
      error(world.position() .. ('%s: parent class %s does not exist'):format(typename, parent_name), 0)
   end
   local class = define(typename, parent)
   class.factory = factory
   if constructor then
      local place, name = place_of(typename, module)
      class.members.new = constructor
      class.constructor = make_constructor(class.members, constructor)
      rawset(place, name, class.constructor)
   end
   return class.members
end

-- A class's version, 1 unless it says otherwise.
function torch.version(value)
   local members = torch.getmetatable(torch.typename(value))
   return members and (members.__version or 1)
end

-- A table that goes with a userdata or function.
local environments = setmetatable({}, {__mode = 'k'})
function torch.setenv(value, environment)
   if rawtype(value) == 'function' then setfenv(value, environment) else environments[value] = environment end
end
function torch.getenv(value)
   local kind = rawtype(value)
   if kind == 'function' then return getfenv(value) end
   if kind ~= 'userdata' and kind ~= 'cdata' then
      error(world.position() .. 'torch.getenv: function or userdata expected, got ' .. world.describe_value(value), 0)
   end
   return environments[value]
end

-- A function that makes an object of the class without calling its constructor; nil for an unknown class.
function torch.factory(typename)
   local class = find(typename)
   if not class then return nil end
   if class.factory then return class.factory end
   if class.python then
      local allocate = python.allocator(typename)
      return function() return allocate() end
   end
   return function() return setmetatable({}, class.members) end
end

-- For Python's reader of .t7 files.
function world.new_lua_object(typename)
   return setmetatable({}, classes[typename].members)
end
