-- Package moses: functions on tables and lists, those that Torch7's programs use. Functions that are given get the
-- key first, as in Moses 1: f(key, value, ...). A copy of Moses itself on package.path comes before this file.

local moses = {_VERSION = 'the functions of Moses 1.6 that Torch7 programs use'}

local function is_function(value)
   if type(value) == 'function' then return true end
   local metatable = getmetatable(value)
   return type(metatable) == 'table' and metatable.__call ~= nil
end

-- A value to look for, or a function that tells.
local function matcher(what)
   if is_function(what) then return what end
   return function(value) return moses.isEqual(value, what) end
end

-- 1. What a value is ------------------------------------------------------------------------------------------------

function moses.isTable(value) return type(value) == 'table' end
function moses.isString(value) return type(value) == 'string' end
function moses.isFunction(value) return type(value) == 'function' end
function moses.isNumber(value) return type(value) == 'number' end
function moses.isBoolean(value) return type(value) == 'boolean' end
function moses.isNil(value) return value == nil end
function moses.isNaN(value) return type(value) == 'number' and value ~= value end
function moses.isInteger(value) return type(value) == 'number' and math.floor(value) == value end
function moses.isFinite(value) return type(value) == 'number' and value > -math.huge and value < math.huge end
moses.isCallable = is_function

-- Keys 1 .. n and no others?
function moses.isArray(value)
   if type(value) ~= 'table' then return false end
   local count = 0
   for _ in pairs(value) do
      count = count + 1
      if value[count] == nil then return false end
   end
   return true
end

function moses.isIterable(value) return (pcall(pairs, value)) end

function moses.isEmpty(value)
   if value == nil then return true end
   if type(value) == 'string' then return #value == 0 end
   if type(value) == 'table' then return next(value) == nil end
   return true
end

-- Equal content, tables in tables too.
function moses.isEqual(a, b, use_metatable)
   if type(a) ~= type(b) then return false end
   if type(a) ~= 'table' then return a == b end
   local metatable = getmetatable(a)
   if use_metatable and metatable and metatable.__eq then return a == b end
   if moses.size(a) ~= moses.size(b) then return false end
   for key, value in pairs(a) do
      if b[key] == nil or not moses.isEqual(value, b[key], use_metatable) then return false end
   end
   return true
end

-- 2. Tables ---------------------------------------------------------------------------------------------------------

function moses.each(t, f, ...)
   for key, value in pairs(t) do f(key, value, ...) end
end

-- The whole keys in order.
function moses.eachi(t, f, ...)
   for _, key in ipairs(moses.sort(moses.select(moses.keys(t), function(_, key) return moses.isInteger(key) end))) do
      f(key, t[key], ...)
   end
end

-- f returns a value, or a key and a value.
function moses.map(t, f, ...)
   local result = {}
   for key, value in pairs(t) do
      local a, b = f(key, value, ...)
      if b ~= nil then result[a] = b else result[key] = a end
   end
   return result
end

function moses.reduce(t, f, state)
   for _, value in pairs(t) do
      if state == nil then state = value else state = f(state, value) end
   end
   return state
end

function moses.reduceRight(t, f, state) return moses.reduce(moses.reverse(t), f, state) end

-- All states of reduce.
function moses.mapReduce(t, f, state)
   local states = {}
   for key, value in pairs(t) do
      states[key] = state == nil and value or f(state, value)
      state = states[key]
   end
   return states
end

function moses.include(t, value)
   local matches = matcher(value)
   for _, element in pairs(t) do
      if matches(element) then return true end
   end
   return false
end

-- The key of a value.
function moses.detect(t, value)
   local matches = matcher(value)
   for key, element in pairs(t) do
      if matches(element) then return key end
   end
end

function moses.select(t, f, ...)
   local result = {}
   for key, value in pairs(t) do
      if f(key, value, ...) then result[#result + 1] = value end
   end
   return result
end

function moses.reject(t, f, ...)
   local result = {}
   for key, value in pairs(t) do
      if not f(key, value, ...) then result[#result + 1] = value end
   end
   return result
end

function moses.all(t, f, ...)
   for key, value in pairs(t) do
      if not f(key, value, ...) then return false end
   end
   return true
end

-- Elements with these fields.
function moses.where(t, fields)
   local result = moses.select(t, function(_, element)
      for key, value in pairs(fields) do
         if element[key] ~= value then return false end
      end
      return true
   end)
   return #result > 0 and result or nil
end

function moses.findWhere(t, fields)
   local found = moses.where(t, fields)
   return found and found[1]
end

function moses.invoke(t, method, ...)
   local arguments = {...}
   return moses.map(t, function(_, value)
      local f = is_function(method) and method or value[method]
      if is_function(f) then return f(value, unpack(arguments)) end
      return f
   end)
end

function moses.pluck(t, name)
   local result = {}
   for _, value in pairs(t) do
      if value[name] ~= nil then result[#result + 1] = value[name] end
   end
   return result
end

local function extreme(t, transform, better, ...)
   local best
   for _, value in pairs(t) do
      if transform then value = transform(value, ...) end
      if best == nil or better(value, best) then best = value end
   end
   return best
end

function moses.max(t, transform, ...) return extreme(t, transform, function(a, b) return a > b end, ...) end
function moses.min(t, transform, ...) return extreme(t, transform, function(a, b) return a < b end, ...) end

-- The values of these keys.
function moses.at(t, ...)
   local values = {}
   for _, key in ipairs{...} do
      if t[key] ~= nil then values[#values + 1] = t[key] end
   end
   return values
end

function moses.count(t, value)
   if value == nil then return moses.size(t) end
   local count = 0
   for _, element in pairs(t) do
      if moses.isEqual(element, value) then count = count + 1 end
   end
   return count
end

function moses.groupBy(t, f, ...)
   local groups = {}
   for key, value in pairs(t) do
      local group = f(key, value, ...)
      groups[group] = groups[group] or {}
      table.insert(groups[group], value)
   end
   return groups
end

function moses.countBy(t, f, ...)
   local counts = {}
   for key, value in pairs(t) do
      local group = f(key, value, ...)
      counts[group] = (counts[group] or 0) + 1
   end
   return counts
end

-- The number of entries; of arguments, if the first is no table.
function moses.size(...)
   local first = ...
   if first == nil then return 0 end
   if type(first) ~= 'table' then return select('#', ...) end
   local count = 0
   for _ in pairs(first) do count = count + 1 end
   return count
end

function moses.containsKeys(t, other)
   for key in pairs(other) do
      if t[key] == nil then return false end
   end
   return true
end

function moses.sameKeys(a, b) return moses.containsKeys(a, b) and moses.containsKeys(b, a) end

function moses.same(a, b)
   return moses.all(a, function(_, value) return moses.include(b, value) end)
      and moses.all(b, function(_, value) return moses.include(a, value) end)
end

function moses.keys(t)
   local keys = {}
   for key in pairs(t) do keys[#keys + 1] = key end
   return keys
end

function moses.values(t)
   local values = {}
   for _, value in pairs(t) do values[#values + 1] = value end
   return values
end

function moses.kvpairs(t)
   local pairs_ = {}
   for key, value in pairs(t) do pairs_[#pairs_ + 1] = {key, value} end
   return pairs_
end

function moses.toObj(list)
   local result = {}
   for _, pair in ipairs(list) do result[pair[1]] = pair[2] end
   return result
end

function moses.invert(t)
   local result = {}
   for key, value in pairs(t) do result[value] = key end
   return result
end

function moses.extend(t, ...)
   for _, source in ipairs{...} do
      for key, value in pairs(source) do t[key] = value end
   end
   return t
end

-- Fill in what is missing.
function moses.defaults(t, template)
   for key, value in pairs(template or {}) do
      if t[key] == nil then t[key] = value end
   end
   return t
end

function moses.clone(t, shallow)
   if type(t) ~= 'table' then return t end
   local result = {}
   for key, value in pairs(t) do
      result[key] = type(value) == 'table' and not shallow and moses.clone(value) or value
   end
   return result
end

function moses.has(t, key) return t[key] ~= nil end

function moses.pick(t, ...)
   local result = {}
   for _, key in ipairs(moses.flatten{...}) do result[key] = t[key] end
   return result
end

function moses.omit(t, ...)
   local result = moses.clone(t, true)
   for _, key in ipairs(moses.flatten{...}) do result[key] = nil end
   return result
end

function moses.functions(t)
   local names = {}
   for key, value in pairs(t or moses) do
      if type(value) == 'function' then names[#names + 1] = key end
   end
   table.sort(names)
   return names
end

function moses.property(key) return function(t) return t[key] end end
function moses.propertyOf(t) return function(key) return t[key] end end
function moses.tap(t, f, ...) f(t, ...) return t end

function moses.clear(t)
   for key in pairs(t) do t[key] = nil end
   return t
end

-- 3. Lists ----------------------------------------------------------------------------------------------------------

function moses.sort(t, less)
   table.sort(t, less)
   return t
end

-- By what a function says of elements, or by a field.
function moses.sortBy(t, transform, less)
   local f = type(transform) == 'string' and moses.property(transform) or transform or moses.identity
   less = less or function(a, b) return a < b end
   table.sort(t, function(a, b) return less(f(a), f(b)) end)
   return t
end

function moses.shuffle(t, seed)
   if seed then math.randomseed(seed) end
   local result = {}
   for i, value in ipairs(t) do
      local j = math.random(i)
      result[i] = result[j]
      result[j] = value -- after: j may be i
   end
   return result
end

function moses.toArray(...) return {...} end

function moses.find(list, value, from)
   for i = from or 1, #list do
      if moses.isEqual(list[i], value) then return i end
   end
end

function moses.indexOf(list, value)
   for i = 1, #list do
      if list[i] == value then return i end
   end
end

function moses.lastIndexOf(list, value)
   for i = #list, 1, -1 do
      if list[i] == value then return i end
   end
end

function moses.findIndex(list, f, ...)
   for i = 1, #list do
      if f(i, list[i], ...) then return i end
   end
end

function moses.reverse(list)
   local result = {}
   for i = #list, 1, -1 do result[#result + 1] = list[i] end
   return result
end

function moses.fill(list, value, first, last)
   for i = first or 1, last or #list do list[i] = value end
   return list
end

function moses.selectWhile(list, f, ...)
   local result = {}
   for i, value in ipairs(list) do
      if not f(i, value, ...) then break end
      result[i] = value
   end
   return result
end

function moses.dropWhile(list, f, ...)
   for i, value in ipairs(list) do
      if not f(i, value, ...) then return moses.rest(list, i) end
   end
   return {}
end

function moses.addTop(list, ...)
   for _, value in ipairs{...} do table.insert(list, 1, value) end
   return list
end

function moses.push(list, ...)
   for _, value in ipairs{...} do table.insert(list, value) end
   return list
end

-- Take the first n elements out, and return them.
function moses.pop(list, n)
   local taken = {}
   for i = 1, math.min(n or 1, #list) do taken[i] = table.remove(list, 1) end
   return unpack(taken)
end

-- The same with the last ones.
function moses.unshift(list, n)
   local taken = {}
   for i = 1, math.min(n or 1, #list) do taken[i] = table.remove(list) end
   return unpack(taken)
end

function moses.pull(list, ...)
   for _, value in ipairs{...} do
      for i = #list, 1, -1 do
         if moses.isEqual(list[i], value) then table.remove(list, i) end
      end
   end
   return list
end

function moses.removeRange(list, first, last)
   for _ = first or 1, math.min(last or #list, #list) do table.remove(list, first or 1) end
   return list
end

function moses.slice(list, first, last)
   local result = {}
   for i = first or 1, math.min(last or #list, #list) do result[#result + 1] = list[i] end
   return result
end

function moses.first(list, n) return moses.slice(list, 1, n or 1) end
function moses.initial(list, n)
   if n and n < 0 then return nil end
   return moses.slice(list, 1, n and #list - n or #list - 1)
end
function moses.last(list, n)
   if n and n <= 0 then return nil end
   return moses.slice(list, n and #list - math.min(n - 1, #list - 1) or 2)
end
function moses.rest(list, from)
   if from and from > #list then return {} end
   return moses.slice(list, from and from >= 1 and from or 1)
end
function moses.nth(list, i) return list[i] end

-- Without false and nil.
function moses.compact(list)
   local result = {}
   for i = 1, table.maxn(list) do
      if list[i] then result[#result + 1] = list[i] end
   end
   return result
end

function moses.flatten(list, shallow)
   local result = {}
   for _, value in ipairs(list) do
      if type(value) == 'table' then
         for _, inner in ipairs(shallow and value or moses.flatten(value)) do result[#result + 1] = inner end
      else
         result[#result + 1] = value
      end
   end
   return result
end

function moses.difference(list, other)
   if not other then return moses.clone(list) end
   return moses.select(list, function(_, value) return not moses.include(other, value) end)
end

function moses.unique(list)
   local result = {}
   for _, value in ipairs(list) do
      if not moses.find(result, value) then result[#result + 1] = value end
   end
   return result
end

function moses.isunique(list) return #list == #moses.unique(list) end
function moses.union(...) return moses.unique(moses.flatten{...}) end

function moses.intersection(list, ...)
   local others = {...}
   return moses.select(moses.unique(list), function(_, value)
      return moses.all(others, function(_, other) return moses.include(other, value) end)
   end)
end

function moses.symmetricDifference(a, b)
   return moses.difference(moses.union(a, b), moses.intersection(a, b))
end

function moses.zip(...)
   local lists, longest, result = {...}, 0, {}
   for _, list in ipairs(lists) do longest = math.max(longest, #list) end
   for i = 1, longest do result[i] = moses.pluck(lists, i) end
   return result
end

function moses.interleave(...) return moses.flatten(moses.zip(...)) end

function moses.append(a, b) return moses.push(moses.slice(a), unpack(b)) end

function moses.interpose(value, list)
   local result = {}
   for i, element in ipairs(list) do
      if i > 1 then result[#result + 1] = value end
      result[#result + 1] = element
   end
   return result
end

-- range(last), range(first, last), range(first, last, step)
function moses.range(...)
   local first, last, step = ...
   if first == nil then return {} end
   if last == nil then first, last = 0, first end
   step = step or 1
   local result = {}
   for i = 0, math.floor((last - first) / step) do result[i + 1] = first + i * step end
   return result
end

function moses.rep(value, n)
   local result = {}
   for i = 1, n do result[i] = value end
   return result
end

-- An iterator over parts of n elements; the last one is filled up with `pad`, if given.
function moses.partition(list, n, pad)
   local at = 1
   return function()
      if n <= 0 or at > #list then return nil end
      local part = moses.slice(list, at, at + n - 1)
      if pad ~= nil then
         while #part < n do part[#part + 1] = pad end
      end
      at = at + n
      return part
   end
end

function moses.concat(list, separator, first, last)
   local texts = {}
   for i, value in ipairs(list) do texts[i] = tostring(value) end
   return table.concat(texts, separator, first, last)
end

function moses.chunk(list, f, ...)
   local chunks, before = {}, nil
   for i, value in ipairs(list) do
      local group = f(i, value, ...)
      if #chunks == 0 or group ~= before then chunks[#chunks + 1] = {} end
      table.insert(chunks[#chunks], value)
      before = group
   end
   return chunks
end

function moses.sample(list, n, seed) return moses.slice(moses.shuffle(list, seed), 1, n or 1) end

-- 4. Functions ------------------------------------------------------------------------------------------------------

function moses.noop() end
function moses.identity(value) return value end
function moses.constant(value) return function() return value end end

function moses.once(f)
   local called, result = false, nil
   return function(...)
      if not called then
         called = true
         result = {f(...)}
      end
      return unpack(result)
   end
end

function moses.memoize(f, hash)
   local results = {}
   hash = hash or moses.identity
   return function(...)
      local key = hash(...)
      if results[key] == nil then results[key] = f(...) end
      return results[key]
   end
end

function moses.after(f, count)
   local calls = 0
   return function(...)
      calls = calls + 1
      if calls >= count then return f(...) end
   end
end

-- compose(f, g, h)(x) is f(g(h(x))).
function moses.compose(...)
   local functions = {...}
   return function(...)
      local results = {...}
      for i = #functions, 1, -1 do results = {functions[i](unpack(results))} end
      return unpack(results)
   end
end

function moses.pipe(value, ...) return moses.compose(...)(value) end
function moses.complement(f) return function(...) return not f(...) end end
function moses.wrap(f, wrapper) return function(...) return wrapper(f, ...) end end
function moses.flip(f) return function(...) return f(unpack(moses.reverse{...})) end end

function moses.times(n, f, ...)
   local results = {}
   for i = 1, n do results[i] = f(i, ...) end
   return results
end

function moses.bind(f, value) return function(...) return f(value, ...) end end
function moses.bind2(f, value) return function(first, ...) return f(first, value, ...) end end
function moses.bindn(f, ...)
   local bound = {...}
   return function(...) return f(unpack(moses.append(bound, {...}))) end
end
moses.partial = moses.bindn

local ids = -1
function moses.uniqueId(template)
   ids = ids + 1
   if type(template) == 'string' then return template:format(ids) end
   if type(template) == 'function' then return template(ids) end
   return ids
end

-- 5. Other names ----------------------------------------------------------------------------------------------------

for alias, name in pairs{forEach = 'each', forEachi = 'eachi', collect = 'map', inject = 'reduce', foldl = 'reduce',
   injectr = 'reduceRight', foldr = 'reduceRight', mapr = 'mapReduce', any = 'include', some = 'include',
   contains = 'include', filter = 'select', discard = 'reject', every = 'all', takeWhile = 'selectWhile',
   rejectWhile = 'dropWhile', shift = 'pop', remove = 'pull', rmRange = 'removeRange', chop = 'removeRange',
   sub = 'slice', head = 'first', take = 'first', tail = 'rest', skip = 'last', uniq = 'unique', isuniq = 'isunique',
   part = 'partition', mirror = 'invert', join = 'concat', cache = 'memoize',
   uid = 'uniqueId', methods = 'functions', choose = 'pick', drop = 'omit', without = 'difference',
   diff = 'difference', symdiff = 'symmetricDifference', template = 'defaults', compare = 'isEqual',
   transpose = 'zip', value = 'identity', always = 'constant'} do
   moses[alias] = moses[name]
end

return moses
