-- `require` for the packages that come with torch7py.

local world = ...
local python = world.python

-- A package of Python's: a global table of its classes and functions.
local function load_python(name)
   local package = {}
   for key, value in pairs(world.package_members(name)) do package[key] = value end
   for _, typename in ipairs(python.class_names(name)) do
      rawset(package, typename:match('([^%.]+)$'), world.adopt(typename).constructor)
   end
   rawset(_G, name, package)
   return package
end

for _, name in ipairs(world.python_packages) do package.preload[name] = load_python end

local function load_lua(name)
   local loaded = python.lua_package(name)(world, name)
   rawset(_G, name, loaded)
   return loaded
end

for _, name in ipairs(world.lua_packages) do package.preload[name] = load_lua end
