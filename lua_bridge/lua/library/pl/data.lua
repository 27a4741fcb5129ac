-- pl.data: tables of text with columns by name.

local utils = require 'pl.utils'
local data = {}

local Data = {}
Data.__index = Data

-- All values of a column.
function Data:column_by_name(name)
   local place
   for i, field in ipairs(self.fieldnames) do
      if field == name then place = i end
   end
   if not place then error("no such column '" .. tostring(name) .. "'", 2) end
   local values = {}
   for i, row in ipairs(self) do values[i] = row[place] end
   return require 'pl.List'(values)
end

-- data.read(file name or file, {delim =, fieldnames =, no_convert =, numfields =}): rows as lists, numbers as numbers;
-- the first line has the names, unless they are given.
function data.read(file, config)
   config = config or {}
   local lines = type(file) == 'string' and io.open(file) or file
   if not lines then return utils.raise('cannot open ' .. file) end
   local rows = setmetatable({}, Data)
   local names, separator = config.fieldnames, config.delim
   if type(names) == 'string' then names = utils.split(names, ',') end
   for line in lines:lines() do
      line = line:gsub('\r$', '')
      if line ~= '' then
         separator = separator or line:find '\t' and '\t' or line:find ',' and ',' or line:find ';' and ';' or ' '
         local fields = separator == ' ' and utils.split(line) or utils.split(line, separator, true)
         if not names then
            names = fields
         else
            for i, field in ipairs(fields) do
               if not config.no_convert then fields[i] = tonumber(field) or field end
            end
            table.insert(rows, fields)
         end
      end
   end
   if type(file) == 'string' then lines:close() end
   rows.fieldnames, rows.delim, rows.original_fieldnames = require 'pl.List'(names), separator, require 'pl.List'(names)
   return rows
end

return data
