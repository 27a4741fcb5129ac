-- What argcheck takes for a value's type; programs may replace these two functions.

local env = {}

-- Is it of that type, or of one that descends from it? A Lua pattern may match a part of the name.
function env.istype(value, typename)
   if torch.typename(value) then return torch.isTypeOf(value, typename) end
   return type(value) == typename
end

function env.type(value) return torch.type(value) end

return env
