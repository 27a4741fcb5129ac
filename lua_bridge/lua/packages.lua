-- `require` for the packages that come with torch7py.

local world = ...
local python = world.python

-- What a package's own Lua file returns: the package. It is called with the world and what Python has of it.
local function run_file(name, members)
   return python.lua_package(name)(world, members)
end

-- A package of Python's: a global table of its classes and functions.
local function load_python(name)
   local members = {}
   for key, value in pairs(world.package_members(name)) do members[key] = value end
   for _, typename in ipairs(python.class_names(name)) do
      members[typename:match('([^%.]+)$')] = world.adopt(typename).constructor
   end
   rawset(_G, name, members)
   if world.with_lua[name] then run_file(name, members) end
   return members
end

local function load_lua(name)
   local loaded = run_file(name, {})
   rawset(_G, name, loaded)
   return loaded
end

for _, name in ipairs(world.python_packages) do package.preload[name] = load_python end
for _, name in ipairs(world.lua_packages) do package.preload[name] = load_lua end
