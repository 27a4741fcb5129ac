-- Lua functions in .t7 files: bytecode and upvalues, taken apart and put together.

local world = ...
local convert = world.convert
local functions = {}

-- A function that Lua can't dump: C's, or the bridge's own, which is as good as C's.
local function is_foreign(f)
   local source = debug.getinfo(f, 'S').source
   return source == '=[C]' or source:sub(1, 10) == '=[torch7py'
end

-- The bytecode of f, or nil (C functions have none), then name, identity and value of each upvalue. Functions that
-- share a variable get the same identity for it from `identities`, which serves one file.
function functions.take_apart(f, identities)
   if is_foreign(f) then return nil end
   local ok, code = pcall(string.dump, f)
   if not ok then return nil end
   local flat = {}
   for i = 1, debug.getinfo(f, 'u').nups do
      local name, value = debug.getupvalue(f, i)
      local key = debug.upvalueid and debug.upvalueid(f, i) or {}
      if not identities[key] then
         identities.count = (identities.count or 0) + 1
         identities[key] = identities.count
      end
      flat[3 * i - 2], flat[3 * i - 1], flat[3 * i] = name, identities[key], convert(value)
   end
   return code, unpack(flat, 1, 3 * debug.getinfo(f, 'u').nups)
end

-- The function of a bytecode, or nil if this Lua can't load it. It is not run.
function functions.load(code)
   local load = loadstring or load
   local ok, f = pcall(load, code)
   return ok and f or nil
end

-- Set the i-th upvalue of f, shared with the functions that had one of the same identity before.
function functions.bind(f, i, identity, value, owners)
   local owner = identity and owners[identity]
   if owner and debug.upvaluejoin then
      debug.upvaluejoin(f, i, owner.f, owner.i)
   else
      debug.setupvalue(f, i, value)
      if identity then owners[identity] = {f = f, i = i} end
   end
end

local LUA = {'_G', 'coroutine', 'debug', 'io', 'math', 'os', 'package', 'string', 'table', 'bit', 'ffi', 'jit', 'torch'}

-- An expression for what every runtime has: a package of Lua's or the bridge's, a class or function in one; or nil.
function functions.name_of(value)
   local class = type(value) == 'table' and world.is_constructor(value) and getmetatable(value).__typename
   if class then
      return world.classes[class].stubs and ('torch.getconstructortable(%q)'):format(class)
   end
   local is_function = type(value) == 'function'
   if is_function and not is_foreign(value) then return nil end
   for _, names in ipairs{LUA, world.python_packages, world.lua_packages} do
      for _, name in ipairs(names) do
         local loaded = package.loaded[name]
         if value == loaded then return ('require %q'):format(name) end
         if is_function and type(loaded) == 'table' then
            for key, member in pairs(loaded) do
               if member == value and type(key) == 'string' then return ('require(%q)[%q]'):format(name, key) end
            end
         end
      end
   end
end

return functions
