-- Package csvigo: CSV files as lists of rows, as columns by name, or as a function that answers queries.

local world = ...
local xlua = require 'xlua'
local csvigo = {}
rawset(_G, 'csvigo', csvigo)

-- 1. Rows -----------------------------------------------------------------------------------------------------------

local function fail(message) error(world.position() .. 'csvigo: ' .. message, 0) end

-- A field as it stands in a file.
local function written(value, separator, nan_as_missing)
   if nan_as_missing and value ~= value then return '' end
   local text = tostring(value)
   if text:find('"', 1, true) or text:find(separator, 1, true) then return '"' .. text:gsub('"', '""') .. '"' end
   return text
end

-- The quoted field that begins at `at`, and where its last quote is.
local function quoted_field(line, at)
   local stop = at
   repeat
      local _, last, second = line:find('"("?)', stop + 1)
      if not last then fail('unmatched " in ' .. line) end
      stop = last
   until second ~= '"'
   return (line:sub(at + 1, stop - 1):gsub('""', '"')), stop
end

-- The fields of a line; a blank as separator stands for any white space.
local function split(line, separator)
   local fields, at, stop = {}, 1
   line = line:gsub('\r', '') .. separator
   local pattern = separator == ' ' and '%s+' or separator
   while at <= #line do
      local field
      if line:sub(at, at) == '"' then
         field, stop = quoted_field(line, at)
         stop = line:find(pattern, stop, separator ~= ' ')
      else
         stop = line:find(pattern, at, separator ~= ' ')
         field = line:sub(at, stop - 1)
      end
      fields[#fields + 1] = field
      at = stop + 1
   end
   return fields
end

-- 2. Files ----------------------------------------------------------------------------------------------------------

local File = torch.class('csvigo.File')

-- mode: 'r' or 'w'.
function File:__init(path, mode, separator, nan_as_missing)
   local file, message = io.open(path, mode)
   if not file then fail(message) end
   self.filepath, self.file, self.separator, self.nan_as_missing = path, file, separator or ',', nan_as_missing or false
end

function File:close() self.file:close() end

function File:lines() return self.file:lines() end

-- The next row; nil at the end.
function File:read()
   local line = self.file:read()
   return line and split(line, self.separator)
end

-- A list of all rows; in mode 'large' something that makes each row when it is asked for.
function File:readall(mode)
   if mode == 'large' then return self:largereadall() end
   local rows = {}
   for line in self.file:lines() do rows[#rows + 1] = split(line, self.separator) end
   return rows
end

local function check_index(i, count)
   if type(i) ~= 'number' then fail('index has to be given') end
   if i < 1 or i > count then fail('index out of bounds: ' .. i) end
end

-- It is a userdata, for its `#`, and can't be changed.
function File:largereadall()
   local text, separator = self.file:read('*a'), self.separator
   local starts = {}
   for start in text:gmatch('()[^\n]*\n?') do
      if start <= #text then starts[#starts + 1] = start end
   end
   local count = #starts
   starts[count + 1] = #text + (text:sub(-1) == '\n' and 1 or 2)
   local function line(i) return text:sub(starts[i], starts[i + 1] - 2) end

   local rows = newproxy(true)
   local metatable = debug.getmetatable(rows)
   function metatable.__index(_, i)
      check_index(i, count)
      return split(line(i), separator)
   end
   function metatable.__newindex() error(world.position() .. 'attempt to update a read-only table', 0) end
   function metatable.__len() return count end
   function metatable.__pairs()
      return function(_, i)
         if i < count then return i + 1, rows[i + 1] end
      end, rows, 0
   end
   metatable.__ipairs = metatable.__pairs
   function metatable.__tostring()
      local shown = {}
      for i = 1, count do
         if count < 30 or i <= 10 or i >= count - 10 then shown[#shown + 1] = line(i) end
         if count >= 30 and i == 10 then shown[#shown + 1] = '...' end
      end
      return table.concat(shown, '\n') .. '\n'
   end
   return rows
end

-- Add a row.
function File:write(row)
   local fields = {}
   for i, value in ipairs(row) do fields[i] = written(value, self.separator, self.nan_as_missing) end
   self.file:write(table.concat(fields, self.separator), '\n')
end

function File:writeall(rows)
   for _, row in ipairs(rows) do self:write(row) end
   return true
end

-- 3. Columns --------------------------------------------------------------------------------------------------------

-- Columns by name, and their names in order.
local function tidy(rows, header, skip)
   local first = 1 + skip
   if not rows[first] then return {}, {} end
   if header == 'auto' then header = tonumber(rows[first][1]) == nil end
   local names, columns = {}, {}
   for i, value in ipairs(rows[first]) do
      names[i] = header and value or 'var_' .. i
      columns[names[i]] = {}
   end
   for i = header and first + 1 or first, #rows do
      for j, value in ipairs(rows[i]) do
         if not names[j] then fail(('line %d has more fields than the first one'):format(i)) end
         table.insert(columns[names[j]], value)
      end
   end
   return columns, names
end

-- For each column: value -> the rows that have it.
local function reverse(columns)
   local rows_of = {}
   for name, values in pairs(columns) do
      rows_of[name] = {}
      for row, value in ipairs(values) do
         rows_of[name][value] = rows_of[name][value] or {}
         table.insert(rows_of[name][value], row)
      end
   end
   return rows_of
end

local QUERY = [[
query('all'): the whole table
query('vars'): the names of the variables
query('union', {var1 = 1, var2 = {2, 3}}): the rows where var1 is 1, or var2 is 2 or 3
query('inter', {var1 = 1, var2 = {2, 3}}): the rows where var1 is 1, and var2 is 2 or 3]]

local function make_query(columns)
   local rows_of = reverse(columns)

   local function matches(wanted)
      local hits, variables = {}, 0
      for name, values in pairs(wanted) do
         variables = variables + 1
         if not rows_of[name] then fail(("there is no variable '%s'"):format(tostring(name))) end
         for _, value in ipairs(type(values) == 'table' and values or {values}) do
            for _, row in ipairs(rows_of[name][tostring(value)] or {}) do hits[row] = (hits[row] or 0) + 1 end
         end
      end
      return hits, variables
   end

   return function(what, wanted)
      if type(what) == 'table' then what, wanted = what.query, what.vars end
      if what == 'help' then
         print(QUERY)
      elseif what == 'vars' then
         local names = {}
         for name in pairs(columns) do names[#names + 1] = name end
         return names
      elseif what == nil or what == 'all' then
         return columns
      elseif what == 'union' or what == 'inter' then
         local hits, variables = matches(wanted)
         local rows, found = {}, {}
         for row, count in pairs(hits) do
            if what == 'union' or count == variables then rows[#rows + 1] = row end
         end
         table.sort(rows)
         for name, values in pairs(columns) do
            found[name] = {}
            for i, row in ipairs(rows) do found[name][i] = values[row] end
         end
         return found
      else
         fail(("unknown query '%s'; there are:\n%s"):format(tostring(what), QUERY))
      end
   end
end

-- 4. Load and save --------------------------------------------------------------------------------------------------

local function home(path) return (path:gsub('^~', os.getenv('HOME') or '~')) end

local function says(verbose)
   return function(text)
      if verbose then print('<csv>', text) end
   end
end

-- csvigo.load(path) or csvigo.load{path =, separator =, mode =, header =, verbose =, skip =, column_order =}
function csvigo.load(...)
   local args, path, separator, mode, header, verbose, skip = xlua.unpack({...}, 'csvigo.load', 'Load a CSV file',
      {arg = 'path', type = 'string', help = 'path to file', req = true},
      {arg = 'separator', type = 'string', help = 'separator (one character)', default = ','},
      {arg = 'mode', type = 'string', help = 'raw: rows | tidy: columns | query: a function | large: rows on demand',
         default = 'tidy'},
      {arg = 'header', type = 'string', help = 'first line has names: true | false | auto', default = 'auto'},
      {arg = 'verbose', type = 'boolean', help = 'verbose load', default = true},
      {arg = 'skip', type = 'number', help = 'lines to skip at the start', default = 0},
      {arg = 'column_order', type = 'boolean', help = 'return the order of the columns too (tidy)', default = false})
   local say = says(verbose)
   if mode ~= 'raw' and mode ~= 'large' and mode ~= 'tidy' and mode ~= 'query' then
      print(args.usage)
      fail("unknown mode '" .. tostring(mode) .. "'")
   end
   say('parsing file: ' .. home(path))
   local file = csvigo.File(home(path), 'r', separator)
   local rows = file:readall(mode)
   file:close()
   if mode == 'raw' or mode == 'large' then
      say('parsing done')
      return rows
   end
   say('tidying up entries')
   local columns, names = tidy(rows, header, skip)
   if mode == 'tidy' then
      say('returning tidy table')
      if args.column_order then return names, columns end
      return columns
   end
   say('generating reversed index for fast queries')
   local query = make_query(columns)
   say("returning query closure, type query('help') to get help")
   return query
end

-- Columns as rows, in the order of `names`.
local function rows_of_columns(columns, names)
   local rows = {}
   for j, name in ipairs(names) do
      for i, value in ipairs(columns[name]) do
         rows[i] = rows[i] or {}
         rows[i][j] = value
      end
   end
   return rows
end

-- csvigo.save(path, data) or csvigo.save{path =, data =, separator =, mode =, header =, verbose =, column_order =,
-- nan_as_missing =}
function csvigo.save(...)
   local args, path, data, separator, mode, header, verbose = xlua.unpack({...}, 'csvigo.save', 'Save a CSV file',
      {arg = 'path', type = 'string', help = 'path to file', req = true},
      {arg = 'data', type = 'table', help = 'what to save', req = true},
      {arg = 'separator', type = 'string', help = 'separator (one character)', default = ','},
      {arg = 'mode', type = 'string', help = 'what the data is: raw | tidy | query', default = 'autodetect'},
      {arg = 'header', type = 'boolean', help = 'write the names of the columns', default = true},
      {arg = 'verbose', type = 'boolean', help = 'verbose save', default = true},
      {arg = 'column_order', type = 'table', help = 'names of the columns in order'},
      {arg = 'nan_as_missing', type = 'boolean', help = 'write nan as an empty field', default = false})
   local say = says(verbose)
   if mode == 'autodetect' then mode = type(data) == 'function' and 'query' or #data == 0 and 'tidy' or 'raw' end
   if mode ~= 'raw' and mode ~= 'tidy' and mode ~= 'query' then
      print(args.usage)
      fail("unknown mode '" .. tostring(mode) .. "'")
   end
   say('writing to file: ' .. home(path))
   local file = csvigo.File(home(path), 'w', separator, args.nan_as_missing)
   if mode == 'query' then
      say('generating tidy table')
      data = data('all')
   end
   if mode ~= 'raw' then
      say('exporting tidy table to raw CSV')
      local names = args.column_order
      if not names then
         names = {}
         for name in pairs(data) do names[#names + 1] = name end
         table.sort(names, function(a, b) return tostring(a) < tostring(b) end) -- in some order, so in a steady one
      end
      if header then file:write(names) end
      data = rows_of_columns(data, names)
   end
   file:writeall(data)
   say('writing done')
   file:close()
end

return csvigo
