-- Package tds.elem: elements of containers as C sees them, for comparison functions in C.

local ffi = require 'ffi'
local C = {}
local elem = {C = C, type = torch.typename}

-- As in the header file of tds, against which such functions were compiled.
ffi.cdef[[
typedef struct tds_elem_ {
   union {
      double num;
      bool flag;
      struct { const char *data; size_t size; } str;
      struct { void *data; void (*free)(void*); } ptr;
   } value;
   char type;
   char subtype;
} tds_elem;
]]

local NIL, NUMBER, BOOLEAN, STRING, POINTER = 0, ('nbsp'):byte(1, 4)
local objects = setmetatable({}, {__mode = 'v'}) -- what pointers stand for, by their addresses

-- Let an element be this value. A string or an object must be kept elsewhere as long as the element is in use.
function elem.set(e, value)
   local kind, content = type(value), e.value
   e.subtype = 0
   if kind == 'number' then
      e.type, content.num = NUMBER, value
   elseif kind == 'boolean' then
      e.type, content.flag = BOOLEAN, value
   elseif kind == 'string' then
      e.type, content.str.data, content.str.size = STRING, value, #value
   elseif value == nil then
      e.type = NIL
   else
      local address = torch.pointer(value)
      objects[address] = value
      e.type, content.ptr.data, content.ptr.free = POINTER, ffi.cast('void*', ffi.cast('intptr_t', address)), nil
   end
end

function C.tds_elem_type(e) return e.type end
function C.tds_elem_subtype(e) return e.subtype end
function C.tds_elem_isnil(e) return e.type == NIL and 1 or 0 end
function C.tds_elem_get_number(e) return e.value.num end
function C.tds_elem_get_boolean(e) return e.value.flag end
function C.tds_elem_get_string(e) return e.value.str.data end
function C.tds_elem_get_string_size(e) return e.value.str.size end
function C.tds_elem_get_pointer(e) return e.value.ptr.data end

function elem.get(e)
   if e.type == NUMBER then return e.value.num end
   if e.type == BOOLEAN then return e.value.flag end
   if e.type == STRING then return ffi.string(e.value.str.data, e.value.str.size) end
   return e.type == POINTER and objects[tonumber(ffi.cast('intptr_t', e.value.ptr.data))] or nil
end

function elem.addctype(ttype)
   error('tds.elem.addctype: no containers in C are here which could hold the C type <' .. tostring(ttype) .. '>', 2)
end

return elem
