-- Texts about rules and about arguments that don't follow them.

local usage = {}

local function is_optional(rule)
   return rule.opt or rule.default ~= nil or rule.defaulta or rule.defaultf
end

local function default_of(rule)
   if rule.defaulta then return (' [defaulta=%s]'):format(rule.defaulta) end
   if rule.defaultf then return ' [has default]' end
   local kind = type(rule.default)
   if kind == 'string' or kind == 'number' or kind == 'boolean' then
      return (' [default=%s]'):format(tostring(rule.default))
   end
   return rule.default == nil and '' or ' [has default value]'
end

-- The names in a row: 'x[, y]'.
local function names(rules)
   local parts = {}
   for i, rule in ipairs(rules) do
      local name = (i == 1 and '' or ', ') .. rule.name
      parts[i] = is_optional(rule) and '[' .. name .. ']' or name
   end
   return table.concat(parts)
end

-- A line for each argument.
local function arguments(rules)
   local heads, name_width, width = {}, 0, 0
   for _, rule in ipairs(rules) do name_width = math.max(name_width, #rule.name) end
   for i, rule in ipairs(rules) do
      local head = rule.name .. (' '):rep(name_width - #rule.name) .. (rule.type and ' = ' .. rule.type or '')
      heads[i] = is_optional(rule) and '[' .. head .. ']' or ' ' .. head
      width = math.max(width, #heads[i])
   end
   local lines = {'```', (rules.noordered and '' or '(') .. (rules.nonamed and '' or '{')}
   for i, rule in ipairs(rules) do
      table.insert(lines, ('  %s %s -- %s'):format(heads[i], (' '):rep(width - #heads[i]),
         (rule.help or '') .. (rule.doc or '') .. default_of(rule)))
   end
   table.insert(lines, (rules.nonamed and '' or '}') .. (rules.noordered and '' or ')'))
   table.insert(lines, '```')
   return table.concat(lines, '\n')
end

-- The help text of rules, with @ARGP and @ARGT filled in; without one, their arguments.
function usage.of(rules)
   local text = rules.help or rules.doc
   if not text then return '\n*Arguments:*\n' .. arguments(rules) end
   text = text:gsub('@ARGP', function() return names(rules) end)
   return (text:gsub('@ARGT', function() return arguments(rules) end))
end

local function fields_of(values)
   local env, shown = require 'argcheck.env', {}
   for key, value in pairs(values) do
      if #shown == 20 then
         table.insert(shown, '...')
         break
      end
      table.insert(shown, type(key) == 'string' and ('**%s=%s**'):format(key, env.type(value))
         or ('**[%s]**=?'):format(env.type(key)))
   end
   return ('**table**={ %s }'):format(table.concat(shown, ', '))
end

-- What was given; `named_at` is the place where a table of named arguments could be.
function usage.got(named_at, ...)
   local env, shown, count = require 'argcheck.env', {}, select('#', ...)
   for i = 1, count do
      local value = select(i, ...)
      shown[i] = i == named_at and i == count and env.istype(value, 'table') and fields_of(value)
         or ('**%s**'):format(env.type(value))
   end
   return '*Got:* ' .. table.concat(shown, ', ')
end

return usage
