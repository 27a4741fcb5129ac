-- pl.types: what kind of value it is.

local types = {}

local function metamethod(value, name)
   local metatable = getmetatable(value)
   return type(metatable) == 'table' and metatable[name] or nil
end

function types.is_callable(value) return type(value) == 'function' or metamethod(value, '__call') ~= nil end

function types.is_type(value, kind)
   if type(kind) == 'string' then return type(value) == kind end
   return getmetatable(value) == kind
end

-- The name of an object's class, 'file' for an open file, else Lua's type.
function types.type(value)
   local kind = type(value)
   if kind ~= 'table' and kind ~= 'userdata' then return kind end
   local metatable = getmetatable(value)
   if metatable == getmetatable(io.stdout) then return 'file' end
   if type(metatable) ~= 'table' then return kind end
   return rawget(metatable, '_name') or kind == 'userdata' and 'unknown userdata' or metatable
end

function types.is_integer(value) return type(value) == 'number' and math.ceil(value) == value end

-- Is it nil, false?, an empty table or an empty string (of white space)?
function types.is_empty(value, ignore_spaces)
   if value == nil then return true end
   if type(value) == 'table' then return next(value) == nil end
   if type(value) == 'string' then return value == '' or ignore_spaces and value:find '^%s+$' ~= nil or false end
   return true
end

function types.is_indexable(value)
   return type(value) == 'table' or metamethod(value, '__len') ~= nil and metamethod(value, '__index') ~= nil
end

function types.is_iterable(value)
   return type(value) == 'table' or type(value) == 'function' or metamethod(value, '__pairs') ~= nil
end

function types.is_writeable(value) return type(value) == 'table' or metamethod(value, '__newindex') ~= nil end

local TRUE = {yes = true, y = true, ['true'] = true, t = true, ['1'] = true}

-- A truth in words; `words` are further ones that mean true.
function types.to_bool(value, words, check_objects)
   if type(value) == 'boolean' then return value end
   if type(value) == 'string' then
      local text = value:lower()
      if TRUE[text] then return true end
      for _, word in ipairs(words or {}) do
         if type(word) == 'string' and text == word:lower() then return true end
      end
      return false
   end
   if type(value) == 'number' then return value ~= 0 end
   if type(value) == 'table' and check_objects then return next(value) ~= nil end
   return false
end

return types
