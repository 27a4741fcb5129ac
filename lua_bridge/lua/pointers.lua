-- What FFI code gets at: addresses of elements, and the C structs of the original's tensors and storages.

local world = ...
local python, torch = world.python, world.torch
local has_ffi, ffi = pcall(require, 'ffi')
if not has_ffi then return end

-- The structs, for code that reads their fields; `Real` stands for each element type.
ffi.cdef[[
typedef struct THAllocator {
   void *(*malloc)(void *, ptrdiff_t);
   void *(*realloc)(void *, void *, ptrdiff_t);
   void (*free)(void *, void *);
} THAllocator;
typedef struct { unsigned short x; } __THHalf;
typedef __THHalf THHalf;
]]
local STRUCTS = [[
typedef struct THRealStorage {
   real *data;
   ptrdiff_t size;
   int refcount;
   char flag;
   THAllocator *allocator;
   void *allocatorContext;
} THRealStorage;
typedef struct THRealTensor {
   long *size;
   long *stride;
   int nDimension;
   THRealStorage *storage;
   ptrdiff_t storageOffset;
   int refcount;
   char flag;
} THRealTensor;
]]

local types = {} -- by type name of the storage and of the tensor: pointer to elements, struct, pointer to the struct
for Real, real in pairs{Byte = 'unsigned char', Char = 'char', Short = 'short', Int = 'int', Long = 'long',
   Float = 'float', Double = 'double', Half = 'THHalf'} do
   ffi.cdef((STRUCTS:gsub('Real', Real):gsub('real', real)))
   for _, what in ipairs{'Storage', 'Tensor'} do
      local struct = 'TH' .. Real .. what
      types['torch.' .. Real .. what] = {elements = ffi.typeof(real .. '*'), struct = ffi.typeof(struct),
         pointer = ffi.typeof(struct .. '*')}
   end
end

local function type_of(x)
   local typename = torch.typename(x)
   return types[typename] or error(world.position() .. tostring(typename) .. " has no elements that C can reach", 0)
end

-- A struct belongs to its object: it has the same address each time, and is filled in anew.
local structs = setmetatable({}, {__mode = 'k'})
local function struct_of(x)
   local kept = structs[x]
   if not kept then
      kept = {struct = type_of(x).struct()}
      structs[x] = kept
   end
   kept.struct.refcount = 1
   return kept.struct, kept
end

local storage, tensor = world.adopt('torch.Storage').stubs, world.adopt('torch.Tensor').stubs

-- The address of the first element; a null pointer where there is none.
function storage.data(s)
   return ffi.cast(type_of(s).elements, python.address(s))
end

function storage.cdata(s)
   local struct = struct_of(s)
   struct.data, struct.size = s:data(), s:size()
   return ffi.cast(type_of(s).pointer, struct)
end

-- The address of the first element; nil for a tensor without a storage.
function tensor.data(x)
   local s = x:storage()
   return s and s:data() + (x:storageOffset() - 1)
end

function tensor.cdata(x)
   local struct, kept = struct_of(x)
   kept.size, kept.stride, kept.storage = x:size(), x:stride(), x:storage()
   struct.size, struct.stride, struct.nDimension = kept.size:data(), kept.stride:data(), x:dim()
   struct.storage, struct.storageOffset = kept.storage and kept.storage:cdata(), x:storageOffset() - 1
   return ffi.cast(type_of(x).pointer, struct)
end

local function as_asked(pointer, as_number)
   return as_number and ffi.cast('intptr_t', pointer) or pointer
end

-- The same as functions, on request as a number.
function torch.data(x, as_number) return x and as_asked(x:data(), as_number) end
function torch.cdata(x, as_number) return x and as_asked(x:cdata(), as_number) end
