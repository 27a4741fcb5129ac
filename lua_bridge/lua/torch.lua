-- Package torch: the registry's functions, the types, and what only Lua has.

local world = ...
local python, torch, stub = world.python, world.torch, world.stub
local rawtype = type

for name, function_stub in pairs(world.stubs_of('torch')) do
   if torch[name] == nil then torch[name] = function_stub end
end

for _, typename in ipairs(python.class_names('torch')) do
   rawset(torch, typename:match('([^%.]+)$'), world.adopt(typename).constructor)
end

-- torch.Tensor and torch.Storage are those of the default type.
local function use_default_type()
   local name = torch.getdefaulttensortype():match('([^%.]+)Tensor$')
   torch.Tensor = torch[name .. 'Tensor']
   torch.Storage = torch[name .. 'Storage']
end

local set_default = torch.setdefaulttensortype
function torch.setdefaulttensortype(typename)
   set_default(typename)
   use_default_type()
end
use_default_type()

function torch.isTensor(value)
   local typename = torch.typename(value)
   return typename ~= nil and typename:match('^torch%..*Tensor$') ~= nil
end

function torch.isStorage(value)
   local typename = torch.typename(value)
   return typename ~= nil and typename:match('^torch%..*Storage$') ~= nil
end

-- Are a and b the same object?
function torch.isequal(a, b)
   return torch.typename(a) ~= nil and a == b
end

-- Accepted, as programs set it: the bridge looks after Lua's collector by itself.
torch._heaptracking = true
function torch.setheaptracking(on)
   if rawtype(on) ~= 'boolean' then
      error(world.position() .. 'torch.setheaptracking: boolean expected, got ' .. world.describe_value(on), 0)
   end
   torch._heaptracking = on
end
function torch.updatethreadlocals() end
function torch.updateerrorhandlers() end

local standard = {[io.stdin] = 0, [io.stdout] = 1, [io.stderr] = 2}

-- Is this file a terminal? Only the standard ones can be.
function torch.isatty(file)
   local number = standard[file]
   return number ~= nil and python.isatty(number)
end

torch.saveobj, torch.loadobj = torch.save, torch.load

-- Names of other Lua versions that requiring torch gave to this one.
string.gfind = string.gfind or string.gmatch
table.unpack = table.unpack or unpack

-- The object of which torch.pointer gave this number, as long as it is in use.
function torch.pushudata(number, typename)
   local value = python.at_pointer(number, typename)
   if torch.typename(value) ~= typename then
      error(world.position() .. ('torch.pushudata: no %s with this pointer'):format(tostring(typename)), 0)
   end
   return value
end

-- Run a file beside the calling one.
function _G.include(file, depth)
   require('paths').dofile(file, 3 + (depth or 0))
end

function torch.include(package, file)
   return dofile(torch.packageLuaPath(package) .. '/' .. file)
end

-- The folder that a package's Lua files are in: beside the file that `require` would load.
function torch.packageLuaPath(name)
   if not name or name == 'torch' then return world.folder end
   for template in (package.path .. ';'):gmatch('([^;]*);') do
      local path = template:gsub('%?', (name:gsub('%.', '/')))
      local file = io.open(path)
      if file then
         file:close()
         return (path:match('^(.*)/[^/]*$') or '.')
      end
   end
end

-- A table of tests for torch.Tester, each of which can be defined once.
function torch.TestSuite()
   local tests = {}
   return setmetatable({__tests = tests, __isTestSuite = true}, {
      __index = tests,
      __newindex = function(_, name, test)
         if tests[name] ~= nil then
            error(world.position() .. 'Test ' .. tostring(name) .. ' is already defined.', 0)
         elseif rawtype(test) == 'table' then
            error(world.position() .. 'Nested tables of tests are not supported', 0)
         elseif rawtype(test) ~= 'function' then
            error(world.position() .. 'Only functions are supported as members of a TestSuite', 0)
         end
         tests[name] = test
      end,
   })
end

-- A number that is the same for the same object (or storage), whatever handle is at hand.
local numbers = setmetatable({}, {__mode = 'k'})
local last = 0
function torch.pointer(value)
   local kind = rawtype(value)
   if kind == 'cdata' and world.is_view(value) then return python.pointer(world.tensor_of(value)) end
   if kind == 'userdata' and world.record(value) then return python.pointer(value) end
   if kind == 'nil' or kind == 'number' or kind == 'boolean' then
      error(world.position() .. 'torch.pointer: expected an object, table, function, string or cdata, got ' .. kind, 0)
   end
   local address = tonumber(tostring(value):match('0x(%x+)$') or '', 16)
   if address and kind ~= 'string' then return address end
   if not numbers[value] then
      last = last + 1
      numbers[value] = last
   end
   return numbers[value]
end
