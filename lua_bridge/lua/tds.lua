-- Package tds: elements by Lua's operators, for one plain call of Python where key and value are simple.

local world, tds = ...
local rawtype, floor = type, math.floor
local getitem, setitem = world.getitem, world.setitem

local function plain(name) return world.as_function(world.python.plain('torch7py.tds', name)) end
local hash_get, hash_set, next_pair = plain 'hash_get', plain 'hash_set', plain 'next_pair'
local vec_get, vec_set, vec_next, vec_append = plain 'vec_get', plain 'vec_set', plain 'vec_next', plain 'vec_append'

tds.hash, tds.vec, tds.atomic_counter = tds.Hash, tds.Vec, tds.AtomicCounter

-- Values that Python takes as they are. In a coroutine every call must go the long way (protocol.lua).
local simple = {number = true, string = true}

local function hash_index(hash, key, ...)
   if simple[rawtype(key)] and not world.thread then return hash_get(hash, key) end
   return getitem(hash, key)
end

local function hash_newindex(hash, key, value, ...)
   if simple[rawtype(key)] and simple[rawtype(value)] and not world.thread then return hash_set(hash, key, value) end
   return setitem(hash, key, value)
end

local function is_place(key, ...) return key >= 1 and floor(key) == key and not world.thread end

local function vec_index(vec, key, record, ...)
   if rawtype(key) == 'number' then
      if is_place(key) then return vec_get(vec, key) end
      return getitem(vec, key)
   end
   local method = record.class[key]
   if method == nil then error(world.position() .. 'invalid key (number) or method name', 0) end
   return method
end

local function vec_newindex(vec, key, value, ...)
   if rawtype(key) == 'number' and simple[rawtype(value)] and is_place(key) then return vec_set(vec, key, value) end
   return setitem(vec, key, value)
end

local function maker(index, newindex)
   return function(_, typename)
      return {class = world.adopt(typename).members, index = index, newindex = newindex}
   end
end
world.makers['tds.Hash'], world.makers['tds.Vec'] = maker(hash_index, hash_newindex), maker(vec_index, vec_newindex)

-- Walks for pairs and ipairs. A Vec's sees what becomes of later elements on the way.
local function walk(call, call_in_coroutine)
   return function(state, key, ...)
      if world.thread then return call_in_coroutine(state, key) end
      return call(state, key)
   end
end

local hash, vec, counter = world.adopt('tds.Hash').members, world.adopt('tds.Vec').members,
   world.adopt('tds.AtomicCounter').members
local next_of_hash, next_of_vec = walk(next_pair, tds.next_pair), walk(vec_next, tds.vec_next)
local pairs_of_hash = tds.hash_pairs
tds.next_pair, tds.vec_next, tds.hash_pairs = nil, nil, nil

rawset(hash, '__pairs', function(object) return next_of_hash, pairs_of_hash(object) end)
rawset(vec, '__pairs', function(object) return next_of_vec, object, 0 end)
rawset(vec, '__ipairs', vec.__pairs)

local insert = vec.insert
rawset(vec, 'insert', function(self, ...)
   local value = ...
   if simple[rawtype(value)] and select('#', ...) == 1 and not world.thread then return vec_append(self, value) end
   return insert(self, ...)
end)

local inc, count = counter.inc, plain 'count'
rawset(counter, 'inc', function(self)
   if world.thread then return inc(self) end
   return count(self)
end)

-- Sorting is done in Lua, since the function that compares is Lua's, or C's. It is the merge sort of the C library, by
-- which Torch7 put equal elements, for which no comparison tells an order, into a certain one.
local function merge_sort(values, first, last, before, merged)
   if first >= last then return end
   local middle = first + floor((last - first + 1) / 2)
   merge_sort(values, first, middle - 1, before, merged)
   merge_sort(values, middle, last, before, merged)
   local left, right, count = first, middle, 0
   while left < middle and right <= last do
      count = count + 1
      if before(values[left], values[right]) then
         merged[count], left = values[left], left + 1
      else
         merged[count], right = values[right], right + 1
      end
   end
   for place = middle - 1, left, -1 do values[place + right - middle] = values[place] end
   for place = 1, count do values[first + place - 1] = merged[place] end
end

-- For a C function that compares: the order of places, whose values it sees as elements in C.
local function before_by(compare, values, count)
   local ffi, elem = require 'ffi', require 'tds.elem'
   local elements = ffi.new('tds_elem[?]', count + 1)
   for place = 1, count do elem.set(elements[place], values[place]) end
   local function before(a, b) return compare(elements + a, elements + b) <= 0 end
   jit.off(before) -- compiled code can't call functions of Lua's that stand for C's
   return before
end

rawset(vec, 'sort', function(self, compare)
   local kind = rawtype(compare)
   if kind ~= 'function' and kind ~= 'cdata' then
      error(world.position() .. 'compare function must be a lua or C function', 0)
   end
   local values, places = {}, {}
   for place, value in pairs(self) do values[place], places[place] = value, place end
   local before = kind == 'cdata' and before_by(compare, values, #places)
      or function(a, b) return compare(values[a], values[b]) end
   merge_sort(places, 1, #places, before, {})
   for place, from in ipairs(places) do self[place] = values[from] end
end)

if jit then tds.C = require('tds.elem').C end

return tds
