-- pl.text: templates, indentation, paragraphs, and `format % values`.

local utils = require 'pl.utils'
local text = {}

local function lines_of(s)
   local lines = {}
   if s:sub(-1) ~= '\n' then s = s .. '\n' end
   for line in s:gmatch '([^\n]*)\n' do table.insert(lines, line) end
   return lines
end

-- Put n blanks (or other characters) before each line.
function text.indent(s, n, character)
   utils.assert_string(1, s)
   local lines = lines_of(s)
   for i, line in ipairs(lines) do lines[i] = (character or ' '):rep(n) .. line end
   return table.concat(lines, '\n') .. '\n'
end

-- Take away the indentation that the first line has.
function text.dedent(s)
   utils.assert_string(1, s)
   local lines, least = lines_of(s), nil
   for _, line in ipairs(lines) do
      local first = line:find '%S'
      if first and (not least or first < least) then least = first end
   end
   for i, line in ipairs(lines) do lines[i] = line:sub(least or 1) end
   return table.concat(lines, '\n') .. '\n'
end

-- A list of lines of at most `width` characters.
function text.wrap(s, width)
   width = width or 70
   local lines, line = require 'pl.List'(), nil
   for word in s:gmatch '%S+' do
      if not line then
         line = word
      elseif #line + 1 + #word <= width then
         line = line .. ' ' .. word
      else
         lines:append(line)
         line = word
      end
   end
   if line then lines:append(line) end
   return lines
end

function text.fill(s, width) return table.concat(text.wrap(s, width), '\n') .. '\n' end

-- Templates: $name and ${name} stand for values of a table or function.
local Template = {}
Template.__index = Template

local function substitute(s, values, safe)
   local function value_of(name)
      local value
      if utils.is_callable(values) then value = values(name) else value = values[name] end
      if value ~= nil then return tostring(value) end
      if not safe then error('not present in table ' .. name, 5) end
   end
   s = s:gsub('%${([%w_]+)}', function(name) return value_of(name) or '${' .. name .. '}' end)
   return (s:gsub('%$([%w_]+)', function(name) return value_of(name) or '$' .. name end))
end

function Template.new(source) return setmetatable({source = source}, Template) end

function Template:substitute(values) return substitute(self.source, values, false) end
function Template:safe_substitute(values) return substitute(self.source, values, true) end

-- Values of several lines are indented as their names are.
function Template:indent_substitute(values)
   local parts = {}
   for _, line in ipairs(lines_of(self.source)) do
      local blanks, name = line:match '^(%s*)%${?([%w_]+)}?%s*$'
      if name and values[name] ~= nil then
         table.insert(parts, (text.indent(tostring(values[name]), #blanks):gsub('\n$', '')))
      else
         table.insert(parts, substitute(line, values, false))
      end
   end
   return table.concat(parts, '\n') .. '\n'
end

text.Template = setmetatable(Template, {__call = function(_, source) return Template.new(source) end})

-- From now on '%s = %d' % {name, value}, '%g' % number and '$name' % {name = value} work.
function text.format_operator()
   local format = string.format
   local function formatted(s, ...)
      local arguments, i, texts = {...}, 0, {}
      for kind in s:gsub('%%%%', ''):gmatch '%%[^%a%%]*(%a)' do
         i = i + 1
         local value = arguments[i]
         texts[i] = kind == 's' and value ~= nil and tostring(value) or value
      end
      return format(s, unpack(texts, 1, i))
   end
   getmetatable('').__mod = function(s, values)
      if values == nil then
         return s
      elseif type(values) == 'table' and getmetatable(values) == nil then
         if #values == 0 then return substitute(s, values, true) end
         return formatted(s, unpack(values))
      elseif type(values) == 'function' then
         return substitute(s, values, true)
      end
      return formatted(s, values)
   end
end

return text
