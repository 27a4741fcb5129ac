-- Package class: classes with a constructor, one parent and names by which values are told apart.

local class = {}
local classes = {} -- name -> metatable of its objects

local function fail(...) error(string.format(...), 3) end

-- class(name, [parent name]): the new class, to put methods in, and its parent.
function class.new(name, parent_name, ctype)
   if type(name) ~= 'string' then fail('class: expected a name, got %s', type(name)) end
   if classes[name] then fail('class <%s> already exists', name) end
   local parent = parent_name and classes[parent_name]
   if parent_name and not parent then fail('parent class <%s> does not exist', parent_name) end
   local members = {__typename = name}
   members.__index = members
   function members.__factory() return setmetatable({}, members) end
   function members.__init() end
   function members.new(...)
      local object = members.__factory()
      object:__init(...)
      return object
   end
   classes[name] = members
   if parent then setmetatable(members, parent) end
   if ctype then class.ctypes[tonumber(ctype)] = name end
   local constructor = setmetatable({}, {__index = members, __newindex = members, __metatable = members,
      __call = function(self, ...) return self.new(...) end})
   return constructor, parent
end

class.ctypes = {} -- those of LuaJIT's FFI that were given to a class

local function name_of(object)
   local kind = type(object)
   if kind == 'cdata' then return class.ctypes[tonumber(require('ffi').typeof(object))] end
   local members = (kind == 'table' or kind == 'userdata') and getmetatable(object)
   return type(members) == 'table' and rawget(members, '__typename') or nil
end

-- An object without a call of its constructor.
function class.factory(name)
   if not classes[name] then fail('unknown class <%s>', name) end
   return classes[name].__factory()
end

-- The table of a class's methods.
function class.metatable(name) return classes[name] end

-- The name of an object's class; what Lua's type says of all else.
function class.type(object) return name_of(object) or type(object) end

-- Is it an object of that class, or of one that descends from it?
function class.istype(object, name)
   local own = name_of(object)
   if not own then return type(object) == name end
   if not classes[name] then return own == name end
   local members = classes[own]
   while members do
      if members.__typename == name then return true end
      members = getmetatable(members)
   end
   return false
end

-- argcheck understands these classes too.
local env = require 'argcheck.env'
local torch_istype = env.istype
function env.istype(object, name) return class.istype(object, name) or torch_istype(object, name) end

return setmetatable(class, {__call = function(_, ...) return class.new(...) end})
