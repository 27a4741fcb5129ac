-- Tensors in Lua: elements straight from memory, and views that become tensors only when Python needs them.
--
-- The record of a tensor caches its layout: a pointer, sizes and strides, good for one world.epoch. A view (`m[i]`,
-- `x:narrow(...)`, `x:select(...)`) is a C struct with a layout over an anchor: a flat tensor over the whole storage,
-- which keeps the storage in place when the tensor that the view came from is given another one.

local world = ...
local python = world.python
local info, learn = world.info, world.learn
local rawtype, rawequal, tonumber, setmetatable, getmetatable = type, rawequal, tonumber, setmetatable, getmetatable
local floor = math.floor
local has_ffi, ffi = pcall(require, 'ffi')

-- LuaJIT keeps its values in the bits of NaNs: a NaN with other bits than the usual ones, read from memory, would be
-- taken for nil, a table or whatever they spell. So the word of a float or double that holds its sign and exponent is
-- looked at first; as a signed number, it is at least this for the NaNs that mean something to LuaJIT.
local FOREIGN_NAN = {Double = -425984, Float = -3407872}
local WORDS = {Double = 2, Float = 1} -- 32-bit words of an element, the last decides
local NAN = 0 / 0
local word_pointer = has_ffi and ffi.typeof('int32_t*')

-- LuaJIT counts how often a function is called, tries to compile it on its own, and in the end gives up on it, and on
-- every loop that calls it, if that can't be done; as for a metamethod and what it calls. It does not count functions
-- with variable arguments: that is what the unused `...` of the functions below is for.

local NARROW = {Byte = true, Char = true, Short = true, Int = true}

-- What all layouts of a tensor type share, by type name.
local kinds = {}
for name, ctype in pairs{Byte = 'unsigned char', Char = 'char', Short = 'short', Int = 'int', Long = 'long',
   Float = 'float', Double = 'double'} do
   kinds['torch.' .. name .. 'Tensor'] = {
      class = world.adopt('torch.' .. name .. 'Tensor').members,
      pointer = has_ffi and ffi.typeof(ctype .. '*'), size = has_ffi and ffi.sizeof(ctype),
      step = WORDS[name], foreign_nan = FOREIGN_NAN[name],
      -- a number beyond these, or nan, is stored by Python, which knows what C's conversion makes of it
      least = NARROW[name] and -2147483648 or -math.huge,
      most = NARROW[name] and 2147483647 or math.huge,
      view = has_ffi and ffi.typeof('struct { ' .. ctype .. [[ *_pointer; int32_t *_words; int32_t _dim;
         bool _settled; double _n1, _s1, _n2, _s2, _n3, _s3, _n4, _s4, _epoch, _offset, _last; }]]),
   }
end

-- 1. Layouts --------------------------------------------------------------------------------------------------------

-- A layout has _kind, _epoch, _pointer (false where elements can't be reached), _words (the same memory, where the type
-- has NaNs), _dim, _n1 .. _n4 (sizes) and _s1 .. _s4 (strides), whether it is a tensor's record or a view. A view that
-- Python has been shown is settled: the tensor that Python was given says what its layout is.

local function set_layout(record, address, dim, n1, s1, n2, s2, n3, s3, n4, s4)
   local kind = record._kind
   record._epoch = world.epoch
   if address ~= record._address then -- to cast takes longer than all the rest
      record._address = address
      record._pointer = address and ffi.cast(kind.pointer, address) or false
      record._words = kind.step and ffi.cast(word_pointer, address) or false
   end
   record._dim = dim
   record._n1, record._n2, record._n3, record._n4 = n1 or 0, n2 or 0, n3 or 0, n4 or 0
   record._s1, record._s2, record._s3, record._s4 = s1 or 0, s2 or 0, s3 or 0, s4 or 0
end

-- Read the layout of a tensor afresh; its pointer stays false where elements can't be reached from here.
local function refresh(tensor, record)
   if not (has_ffi and record._kind) then return end
   set_layout(record, world.layout(tensor))
end

local anchors = setmetatable({}, {__mode = 'k'}) -- of every view
local tensors = setmetatable({}, {__mode = 'k'}) -- of settled ones

function world.is_view(value) return anchors[value] ~= nil end

-- The record of an anchor, up to date: the storage itself may have been resized.
local function anchor_record(anchor, ...)
   local record = info[anchor] or learn(anchor)
   if record._epoch ~= world.epoch then
      local address, count = python.extent(anchor)
      set_layout(record, address, 1, count, 1)
   end
   return record
end

-- Is this, whatever it may be, a tensor or a view?
local function is_tensor(value, ...)
   if anchors[value] then return true end
   local record = rawtype(value) == 'userdata' and world.record(value)
   return record and record._epoch ~= nil
end

-- Bring a view's pointer up to date.
local function refresh_view(view, ...)
   local record = anchor_record(anchors[view])
   if view._last >= record._n1 then error(world.position() .. 'the storage of this view has become too small', 0) end
   local step = view._kind.step
   view._pointer = record._pointer + view._offset
   if step then view._words = record._words + step * view._offset end
   view._epoch = world.epoch
end

-- The tensor that a view stands for.
function world.tensor_of(view)
   if not view._settled then
      tensors[view] = python.view(anchors[view], view._offset, view._dim, view._n1, view._s1, view._n2, view._s2,
         view._n3, view._s3, view._n4, view._s4)
      view._settled = true
   end
   return tensors[view]
end

-- The holder of x's layout, up to date: the record of a tensor, or a view; nil where Python must be asked.
local function layout_of(x, ...)
   local holder
   if rawtype(x) == 'userdata' then
      holder = info[x] or learn(x)
      if holder._epoch ~= world.epoch then refresh(x, holder) end
   elseif not anchors[x] then
      return nil
   elseif x._settled then
      return layout_of(tensors[x])
   else
      holder = x
      if holder._epoch ~= world.epoch then refresh_view(holder) end
   end
   if holder._pointer then return holder end
end

-- The anchor over x's storage and the offset of x's first element in it.
local function anchor_of(x, holder, ...)
   if rawtype(holder) == 'cdata' then return anchors[holder], holder._offset end
   local anchor = holder._anchor
   if anchor then
      local record = anchor_record(anchor)
      local offset = tonumber(holder._pointer - record._pointer)
      if offset >= 0 and offset < record._n1 then return anchor, offset end
   end
   anchor = python.anchor(tensors[x] or x) -- the tensor has another storage than last time
   holder._anchor = anchor
   return anchor, tonumber(holder._pointer - anchor_record(anchor)._pointer)
end

local function new_view(x, holder, shift, dim, n1, s1, n2, s2, n3, s3, n4, s4, ...)
   local anchor, offset = anchor_of(x, holder)
   offset = offset + shift
   local last = offset + (n1 - 1) * s1
   if dim > 1 then last = last + (n2 - 1) * s2 end
   if dim > 2 then last = last + (n3 - 1) * s3 end
   if dim > 3 then last = last + (n4 - 1) * s4 end
   local kind = holder._kind
   local step = kind.step
   local view = kind.view(holder._pointer + shift, step and holder._words + step * shift or nil, dim, false,
      n1, s1, n2 or 0, s2 or 0, n3 or 0, s3 or 0, n4 or 0, s4 or 0, holder._epoch, offset, last)
   anchors[view] = anchor
   return view
end

-- 2. Indexing -------------------------------------------------------------------------------------------------------

-- The element `at` places behind the first one, from a layout's parts and from a layout.
local function read(pointer, words, kind, at, ...)
   local step = kind.step
   if step then
      local word = words[step * at + step - 1]
      if word < 0 and word >= kind.foreign_nan then return NAN end
   end
   return tonumber(pointer[at])
end

local function element(holder, at, ...)
   return read(holder._pointer, holder._words, holder._kind, at)
end

local getitem, setitem = world.getitem, world.setitem

local function is_whole(number, first, last, ...)
   return rawtype(number) == 'number' and number >= first and number <= last and floor(number) == number
end

local sizes, strides = {'_n1', '_n2', '_n3', '_n4'}, {'_s1', '_s2', '_s3', '_s4'}

-- Where an index from 1, or from -1 backwards, lies in a dimension, from 0; nil where it lies nowhere.
local function place(index, size, ...)
   if rawtype(index) ~= 'number' or floor(index) ~= index then return nil end
   if index < 0 then index = index + size + 1 end
   if index >= 1 and index <= size then return index - 1 end
end

-- The part of x that a table of numbers and ranges names: a view, or nil and how far off an element is; only nil where
-- Python must look, as at a fault.
local function part(x, key, holder, ...)
   local dims = holder._dim
   if dims < 1 or dims > 4 or getmetatable(key) ~= nil or key[dims + 1] ~= nil then return nil end
   local shift, left, given = 0, 0, true
   local n, s = {}, {}
   for d = 1, dims do
      local size, stride, entry = holder[sizes[d]], holder[strides[d]], nil
      if given then entry = key[d] end
      if entry == nil then
         given = false
         left = left + 1
         n[left], s[left] = size, stride
      elseif rawtype(entry) == 'number' then
         local start = place(entry, size)
         if not start then return nil end
         shift = shift + start * stride
      elseif rawtype(entry) == 'table' and getmetatable(entry) == nil then
         local first, last = entry[1], entry[2]
         if first == nil then
            if last ~= nil then return nil end
            first, last = 1, size
         end
         local start = place(first, size)
         local finish = start
         if last ~= nil then finish = place(last, size) end
         if not (start and finish) or finish < start then return nil end
         shift = shift + start * stride
         left = left + 1
         n[left], s[left] = finish - start + 1, stride
      else
         return nil
      end
   end
   if left == 0 then return nil, shift end
   return new_view(x, holder, shift, left, n[1], s[1], n[2], s[2], n[3], s[3], n[4], s[4])
end

local function get(x, key, holder, ...)
   local kind = rawtype(key)
   if kind == 'number' then
      local dim = holder._dim
      if key >= 1 and key <= holder._n1 and floor(key) == key then
         if dim == 1 then return element(holder, (key - 1) * holder._s1) end
         if dim == 2 then return new_view(x, holder, (key - 1) * holder._s1, 1, holder._n2, holder._s2) end
         if dim == 3 then
            return new_view(x, holder, (key - 1) * holder._s1, 2, holder._n2, holder._s2, holder._n3, holder._s3)
         end
         if dim == 4 then
            return new_view(x, holder, (key - 1) * holder._s1, 3, holder._n2, holder._s2, holder._n3, holder._s3,
               holder._n4, holder._s4)
         end
      end
   elseif kind == 'table' and holder._dim == 2 and getmetatable(key) == nil then
      local i, j = key[1], key[2]
      if rawtype(i) == 'number' and rawtype(j) == 'number' and key[3] == nil and i >= 1 and i <= holder._n1 and j >= 1
         and j <= holder._n2 and floor(i) == i and floor(j) == j then
         return element(holder, (i - 1) * holder._s1 + (j - 1) * holder._s2)
      end
   end
   if kind == 'table' then
      local view, at = part(x, key, holder)
      if view then return view end
      if at then return element(holder, at) end
   end
   return getitem(x, key)
end

local function set(x, key, value, holder, ...)
   local kind = rawtype(key)
   local own = holder._kind
   if rawtype(value) == 'number' and value >= own.least and value <= own.most then
      if kind == 'number' then
         if holder._dim == 1 and key >= 1 and key <= holder._n1 and floor(key) == key then
            holder._pointer[(key - 1) * holder._s1] = value
            return
         end
      elseif kind == 'table' and holder._dim == 2 and getmetatable(key) == nil then
         local i, j = key[1], key[2]
         if rawtype(i) == 'number' and rawtype(j) == 'number' and key[3] == nil and i >= 1 and i <= holder._n1
            and j >= 1 and j <= holder._n2 and floor(i) == i and floor(j) == j then
            holder._pointer[(i - 1) * holder._s1 + (j - 1) * holder._s2] = value
            return
         end
      end
      if kind == 'table' then
         local view, at = part(x, key, holder)
         if view then own.class.fill(view, value) end
         if at then holder._pointer[at] = value end
         if view or at then return end
      end
   end
   if kind == 'table' and is_tensor(value) then
      local view = part(x, key, holder)
      if view then
         own.class.copy(view, value)
         return
      end
   end
   setitem(x, key, value)
end

local function tensor_index(tensor, key, record, ...)
   if rawtype(key) == 'string' then
      local member = record.class[key]
      if member ~= nil or not tonumber(key) then return member end
   end
   if record._epoch ~= world.epoch then refresh(tensor, record) end
   if record._pointer then return get(tensor, key, record) end
   return getitem(tensor, key)
end

local function tensor_newindex(tensor, key, value, record, ...)
   if record._epoch ~= world.epoch then refresh(tensor, record) end
   if record._pointer then return set(tensor, key, value, record) end
   setitem(tensor, key, value)
end

function world.makers.tensor(_, typename)
   return {
      class = world.adopt(typename).members, index = tensor_index, newindex = tensor_newindex, _kind = kinds[typename],
      _epoch = -1, _asked = -1, _pointer = false, _words = false, _anchor = false,
      _address = false, _dim = 0, _n1 = 0, _n2 = 0, _n3 = 0, _n4 = 0, _s1 = 0, _s2 = 0, _s3 = 0, _s4 = 0,
   }
end

-- A storage's record has the layout of its elements in `memory`.

local function memory_of(storage, record, ...)
   local memory = record.memory
   if memory._epoch ~= world.epoch then
      local address, count = python.extent(storage)
      set_layout(memory, address, 1, count, 1)
   end
   return memory
end

local function storage_index(storage, key, record, ...)
   if rawtype(key) == 'number' then
      local memory = memory_of(storage, record)
      if memory._pointer and is_whole(key, 1, memory._n1) then return element(memory, key - 1) end
      return getitem(storage, key)
   end
   return record.index_by_name(storage, key, record)
end

local function storage_newindex(storage, key, value, record, ...)
   local memory = memory_of(storage, record)
   local own = memory._kind
   if memory._pointer and is_whole(key, 1, memory._n1) and rawtype(value) == 'number'
      and value >= own.least and value <= own.most then
      memory._pointer[key - 1] = value
   else
      setitem(storage, key, value)
   end
end

if has_ffi then
   for typename, kind in pairs(kinds) do
      world.makers[(typename:gsub('Tensor$', 'Storage'))] = function(storage, storage_name)
         local record = world.makers.userdata(storage, storage_name)
         record.memory = {_kind = kind, _epoch = -1}
         record.index_by_name, record.index, record.newindex = record.index, storage_index, storage_newindex
         return record
      end
   end
end

local function view_newindex(view, key, value, ...)
   if view._settled then
      local tensor = tensors[view]
      return tensor_newindex(tensor, key, value, info[tensor] or learn(tensor))
   end
   if view._epoch ~= world.epoch then refresh_view(view) end
   set(view, key, value, view)
end

local function view_equal(a, b) -- two views of the same elements are two tensors
   return rawequal(tensors[a] or a, tensors[b] or b)
end

-- What views of this kind do as the tensors that they stand for.
local function view_metatable(kind)
   local metatable = {__newindex = view_newindex, __eq = view_equal}
   function metatable.__index(view, key, ...)
      if rawtype(key) == 'string' then
         if key == '_kind' then return kind end
         local member = kind.class[key]
         if member ~= nil or not tonumber(key) then return member end
      end
      if view._settled then
         local tensor = tensors[view]
         return tensor_index(tensor, key, info[tensor] or learn(tensor))
      end
      if view._epoch ~= world.epoch then refresh_view(view) end
      return get(view, key, view)
   end
   for _, name in ipairs(world.operators) do metatable[name] = world.metatable[name] end
   return metatable
end

if has_ffi then
   for _, kind in pairs(kinds) do ffi.metatype(kind.view, view_metatable(kind)) end
end

-- 3. For the methods that are done in Lua (methods.lua, walking.lua, arithmetic.lua) ---------------------------------

-- The number of elements; nil for more than 4 dimensions.
local function count_of(holder, ...)
   local dim = holder._dim
   if dim == 1 then return holder._n1 end
   if dim == 2 then return holder._n1 * holder._n2 end
   if dim == 3 then return holder._n1 * holder._n2 * holder._n3 end
   if dim == 4 then return holder._n1 * holder._n2 * holder._n3 * holder._n4 end
   if dim == 0 then return 0 end
end

local function is_contiguous(holder, ...)
   local dim, stride = holder._dim, 1
   if dim == 0 then return true end
   if dim > 3 then
      if holder._n4 ~= 1 and holder._s4 ~= 1 then return false end
      stride = holder._n4
   end
   if dim > 2 then
      if holder._n3 ~= 1 and holder._s3 ~= stride then return false end
      stride = stride * holder._n3
   end
   if dim > 1 then
      if holder._n2 ~= 1 and holder._s2 ~= stride then return false end
      stride = stride * holder._n2
   end
   return holder._n1 == 1 or holder._s1 == stride
end

-- Do the elements lie one behind the other, in no more dimensions than a layout has?
local function is_dense(holder, ...)
   return holder._dim > 0 and holder._dim <= 4 and is_contiguous(holder)
end

-- The layout for a method that Python can do as well: to bring it up to date costs as much as to call Python, so only
-- where that pays, at the second time of asking.
local function layout_at_hand(x, ...)
   if rawtype(x) == 'userdata' then
      local record = info[x] or learn(x)
      local epoch = world.epoch
      if record._epoch ~= epoch and record._asked ~= epoch then
         record._asked = epoch
         return nil
      end
   end
   return layout_of(x)
end

-- Whether any element of float or double is one that `read` must look at.
local function has_foreign_nan(holder)
   local words, step, limit = holder._words, holder._kind.step, holder._kind.foreign_nan
   if not step then return false end
   for last = step - 1, step * count_of(holder) - 1, step do
      local word = words[last]
      if word < 0 and word >= limit then return true end
   end
   return false
end

if has_ffi then
   world.layouts = {of = layout_of, at_hand = layout_at_hand, count_of = count_of, is_contiguous = is_contiguous,
      is_dense = is_dense, is_tensor = is_tensor, has_foreign_nan = has_foreign_nan, read = read, element = element,
      get = get, new_view = new_view, memory_of = memory_of, is_whole = is_whole, sizes = sizes, strides = strides,
      kinds = kinds}

   -- Let methods stand before the stubs of all tensor types; each is made with its stub, for what it leaves to Python.
   local stubs = world.adopt('torch.Tensor').stubs
   function world.layouts.stand_before_stubs(methods)
      for name, make in pairs(methods) do stubs[name] = make(stubs[name]) end
   end
end
