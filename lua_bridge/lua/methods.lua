-- Methods of tensors that need no call of Python: what is known of the layout, views, and filling and copying a little.

local world = ...
local layouts = world.layouts
if not layouts then return end
local layout_of, layout_at_hand, count_of, is_contiguous, is_dense, is_tensor, is_whole = layouts.of, layouts.at_hand,
   layouts.count_of, layouts.is_contiguous, layouts.is_dense, layouts.is_tensor, layouts.is_whole
local get, new_view, sizes, strides = layouts.get, layouts.new_view, layouts.sizes, layouts.strides
local rawtype, select, floor, ffi = type, select, math.floor, require 'ffi'

-- Elements that are set, and copied, here rather than by a call of Python, at most.
local FILL, COPY = 2048, 8192

local methods = {}

-- size and stride: with a dimension a number, without all of them from Python.
local function along(fields)
   return function(call)
      return function(x, dim, ...)
         if not dim then return call(x) end
         local holder = layout_of(x)
         if holder and rawtype(dim) == 'number' and holder._dim <= 4 and dim >= 1 and dim <= holder._dim
            and floor(dim) == dim then
            return holder[fields[dim]]
         end
         return call(x, dim, ...)
      end
   end
end
methods.size, methods.stride = along(sizes), along(strides)

function methods.dim(call)
   return function(x)
      local holder = layout_of(x)
      if holder then return holder._dim end
      return call(x)
   end
end
methods.nDimension = methods.dim

function methods.nElement(call)
   return function(x)
      local holder = layout_of(x)
      return holder and count_of(holder) or call(x)
   end
end

-- The same, but surplus arguments are an error, which Python tells.
function methods.numel(call)
   local count = methods.nElement(call)
   return function(x, ...)
      if select('#', ...) > 0 then return call(x, ...) end
      return count(x)
   end
end

function methods.isContiguous(call)
   return function(x)
      local holder = layout_of(x)
      if holder and holder._dim <= 4 then return is_contiguous(holder) end
      return call(x)
   end
end

-- Views. Those along the first dimension are what loops over samples make, and worth a look at the layout.

function methods.select(call)
   return function(x, dim, index, ...)
      local holder
      if dim == 1 then holder = layout_of(x) else holder = layout_at_hand(x) end
      if holder and holder._dim > 1 and holder._dim <= 4 and is_whole(dim, 1, holder._dim)
         and is_whole(index, 1, holder[sizes[dim]]) then
         if dim == 1 then return get(x, index, holder) end
         local n2, s2, n3, s3 = holder._n2, holder._s2, holder._n3, holder._s3
         if dim == 2 then n2, s2 = n3, s3 end
         if dim < 4 then n3, s3 = holder._n4, holder._s4 end
         return new_view(x, holder, (index - 1) * holder[strides[dim]], holder._dim - 1, holder._n1, holder._s1, n2, s2,
            n3, s3)
      end
      return call(x, dim, index, ...)
   end
end

function methods.narrow(call)
   return function(x, dim, first, size, ...)
      local holder
      if dim == 1 then holder = layout_of(x) else holder = layout_at_hand(x) end
      if holder and holder._dim > 0 and holder._dim <= 4 and is_whole(dim, 1, holder._dim)
         and is_whole(first, 1, holder[sizes[dim]]) and is_whole(size, 1, holder[sizes[dim]] - first + 1) then
         local n1, n2, n3, n4 = holder._n1, holder._n2, holder._n3, holder._n4
         if dim == 1 then n1 = size elseif dim == 2 then n2 = size elseif dim == 3 then n3 = size else n4 = size end
         return new_view(x, holder, (first - 1) * holder[strides[dim]], holder._dim, n1, holder._s1, n2, holder._s2,
            n3, holder._s3, n4, holder._s4)
      end
      return call(x, dim, first, size, ...)
   end
end

function methods.t(call)
   return function(x)
      local holder = layout_at_hand(x)
      if holder and holder._dim == 2 then
         return new_view(x, holder, 0, 2, holder._n2, holder._s2, holder._n1, holder._s1)
      end
      return call(x)
   end
end

-- With sizes as numbers, one of which may be -1.
function methods.view(call)
   return function(x, n1, n2, n3, n4, ...)
      local holder = select('#', ...) == 0 and rawtype(n1) == 'number' and layout_at_hand(x)
      local count = holder and count_of(holder)
      if count and count > 0 and is_contiguous(holder) then
         local dim = n4 and 4 or n3 and 3 or n2 and 2 or 1
         local a, b, c, d = n1, n2 or dim < 2 and 1, n3 or dim < 3 and 1, n4 or 1
         if is_whole(a, -1, count) and is_whole(b, -1, count) and is_whole(c, -1, count) and is_whole(d, -1, count) then
            local left = -count / (a * b * c * d) -- what takes the place of a single -1
            if a == -1 then a = left elseif b == -1 then b = left elseif c == -1 then c = left
            elseif d == -1 then d = left end
            if a * b * c * d == count and is_whole(a, 1, count) and is_whole(b, 1, count) and is_whole(c, 1, count)
               and is_whole(d, 1, count) then
               return new_view(x, holder, 0, dim, a, b * c * d, b, c * d, c, d, d, 1)
            end
         end
      end
      return call(x, n1, n2, n3, n4, ...)
   end
end

-- To the sizes that it has: nothing to do.
function methods.resize(call)
   return function(x, n1, n2, n3, n4, ...)
      if n1 and rawtype(n1) == 'number' and select('#', ...) == 0 then
         local holder, dim = layout_of(x), n4 and 4 or n3 and 3 or n2 and 2 or 1
         if holder and holder._dim == dim and holder._n1 == n1 and (dim < 2 or holder._n2 == n2)
            and (dim < 3 or holder._n3 == n3) and (dim < 4 or holder._n4 == n4) then
            return x
         end
      end
      return call(x, n1, n2, n3, n4, ...)
   end
end

function methods.resizeAs(call)
   return function(x, y, ...)
      local one = is_tensor(y) and select('#', ...) == 0 and layout_of(x)
      local other = one and layout_of(y)
      if other and one._dim > 0 and one._dim <= 4 and one._dim == other._dim and one._n1 == other._n1
         and one._n2 == other._n2 and one._n3 == other._n3 and one._n4 == other._n4 then
         return x
      end
      return call(x, y, ...)
   end
end

function methods.fill(call)
   return function(x, value, ...)
      local holder = layout_at_hand(x)
      if holder and holder._dim > 0 and holder._dim <= 4 and rawtype(value) == 'number' then
         local count = count_of(holder)
         local step = is_contiguous(holder) and 1 or holder._dim == 1 and holder._s1 or 0
         if count <= FILL and step > 0 then
            local pointer = holder._pointer
            for at = 0, (count - 1) * step, step do pointer[at] = value end
            return x
         end
      end
      return call(x, value, ...)
   end
end

function methods.zero(call)
   local fill = methods.fill(function(x) return call(x) end)
   return function(x, ...)
      if select('#', ...) > 0 then return call(x, ...) end
      return fill(x, 0)
   end
end

function methods.copy(call)
   return function(x, source, ...)
      if is_tensor(source) then
         local to, from = layout_at_hand(x), layout_at_hand(source)
         if to and from and to._kind == from._kind and is_dense(to) and is_dense(from) then
            local count = count_of(to)
            if count <= COPY and count == count_of(from) then
               ffi.copy(to._pointer, from._pointer, count * to._kind.size)
               return x
            end
         end
      end
      return call(x, source, ...)
   end
end

-- The address of the first element.
function methods.data(call)
   return function(x)
      local holder = layout_of(x)
      return holder and holder._dim > 0 and holder._pointer or call(x)
   end
end

layouts.stand_before_stubs(methods)
