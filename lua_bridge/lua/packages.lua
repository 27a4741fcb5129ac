-- `require` for the packages that come with torch7py.

local world = ...
local python = world.python

-- What a package's own Lua file returns: the package. It is called with the world and what Python has of it.
local function run_file(name, members)
   return python.lua_package(name)(world, members)
end

-- Some packages put classes into others, and give members to classes that are there already.
local function extend_others(name)
   for _, typename in ipairs(world.package_classes(name)) do
      local package, class = typename:match('^(.*)%.([^%.]+)$')
      if package ~= name then
         rawset(rawget(_G, package) or require(package), class, world.adopt(typename).constructor)
      end
   end
   for _, typename in ipairs(world.newly_extended()) do world.refresh_class(typename) end
end

-- A package of Python's: a global table of its classes and functions.
local function load_python(name)
   local members = {}
   for key, value in pairs(world.package_members(name)) do members[key] = value end
   extend_others(name)
   for _, typename in ipairs(python.class_names(name)) do
      members[typename:match('([^%.]+)$')] = world.adopt(typename).constructor
   end
   rawset(_G, name, members)
   if world.with_lua[name] then run_file(name, members) end
   return members
end

local function load_lua(name)
   return run_file(name:gsub('%.', '/'), {})
end

for _, name in ipairs(world.python_packages) do package.preload[name] = load_python end
for _, name in ipairs(world.lua_packages) do package.preload[name] = load_lua end

-- Those that Torch7 came without: a program with a file of that name means its own.
for _, name in ipairs{'check', 'csv', 'csvigo', 'dpnn', 'hdf5', 'rnn', 'socket', 'tds', 'torchx'} do
   local load_ours = package.preload[name]
   package.preload[name] = function(...)
      local file = io.open('./' .. name .. '.lua')
      if not file then return load_ours(...) end
      file:close()
      return assert(loadfile('./' .. name .. '.lua'))(...)
   end
end

-- Where Lua's libraries of the user and of the system are, and last the ones that come with the bridge.
for _, folder in ipairs{'.', (os.getenv('HOME') or '') .. '/.luarocks/share/lua/5.1', '/usr/local/share/lua/5.1',
   '/usr/share/lua/5.1', world.folder .. '/library'} do
   for _, template in ipairs{folder .. '/?.lua', folder .. '/?/init.lua'} do
      if not (';' .. package.path .. ';'):find(';' .. template .. ';', 1, true) then
         package.path = package.path .. ';' .. template
      end
   end
end

-- The last word about a package that is nowhere.
table.insert(package.loaders, function(name)
   local reason = world.missing_package(name)
   return reason and '\n' .. reason
end)
