-- Lua functions in .t7 files: bytecode and upvalues, taken apart and put together.

local convert = (...).convert
local functions = {}

-- The bytecode of f, or nil (C functions have none), then name, identity and value of each upvalue. Functions that
-- share a variable get the same identity for it from `identities`, which serves one file.
function functions.take_apart(f, identities)
   if debug.getinfo(f, 'S').source:sub(1, 10) == '=[torch7py' then return nil end -- the bridge's are as good as C's
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

return functions
