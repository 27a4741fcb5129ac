-- pl.class: classes with `_init`, one base class, `is_a` and `class_of`.
--
--   local Animal = class()              or  class.Animal() for a global one
--   function Animal:_init(name) ... end
--   local Dog = class(Animal)           in Dog:_init, self:super(name) is Animal's
--   local Cat = class{_base = Animal, purr = function(self) ... end}

local function is_a(self, class)
   local own = getmetatable(self)
   if class == nil then return own end
   while own do
      if own == class then return true end
      own = rawget(own, '_base')
   end
   return false
end

local function class_of(class, object) return type(object) == 'table' and is_a(object, class) end

local function cast(class, object) return setmetatable(object, class) end

local function tostring_of(object)
   local class = getmetatable(object)
   setmetatable(object, nil)
   local address = tostring(object):match ': (.*)$'
   setmetatable(object, class)
   return (rawget(class, '_name') or 'table') .. ': ' .. address
end

-- Run the constructor of a class; in it, object:super(...) runs that of its base.
local function construct(class, object, ...)
   local init, base = rawget(class, '_init'), rawget(class, '_base')
   if not init then
      if base then return construct(base, object, ...) end
      return nil
   end
   if base then rawset(object, 'super', function(self, ...) construct(base, self, ...) end) end
   local result = init(object, ...)
   if base then rawset(object, 'super', nil) end
   return result
end

local function create(class, ...)
   local object = setmetatable(class._create and class._create(...) or {}, class)
   local result = construct(class, object, ...)
   if type(result) == 'table' then object = setmetatable(result, class) end -- a constructor may make another
   if class._post_init then class._post_init(object) end
   return object
end

-- From now on `handler(object, key)`, or a table, answers for what the class does not have.
local function catch(class, handler)
   if type(handler) == 'table' then
      local members = handler
      function handler(_, key) return members[key] end
   end
   function class.__index(object, key)
      local value = class[key]
      if value == nil then return handler(object, key) end
      return value
   end
end

-- class([base], [argument of base._class_init], [table that becomes the class])
local function new(base, argument, class)
   class = class or {}
   local members = type(base) == 'table' and getmetatable(base) == nil and base or nil
   if members then base = members._base end
   if base ~= nil and type(base) ~= 'table' then error('must derive from a table type', 3) end
   for key, value in pairs(base or {}) do
      if class[key] == nil then class[key] = value end -- a class has its base's members, as they are now
   end
   class._init, class._name, class.__index = nil, nil, class
   for key, value in pairs(members or {}) do class[key] = value end
   class._base, class._class = base, class
   class.is_a, class.class_of, class.cast, class.catch = is_a, class_of, cast, catch
   class.__tostring = class.__tostring or tostring_of
   setmetatable(class, {__call = create})
   if base and rawget(base, '_class_init') then base._class_init(class, argument) end
   return class
end

return setmetatable({}, {
   __call = function(_, ...) return new(...) end,
   __index = function(_, name)
      local environment = getfenv(2)
      return function(...)
         local class = new(...)
         class._name = name
         rawset(environment, name, class)
         return class
      end
   end,
})
