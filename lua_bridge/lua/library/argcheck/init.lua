-- Package argcheck: argcheck{rules} makes a function that checks its arguments, by position or by name, fills in
-- defaults, and returns them or calls rules.call with them. A rule is {name =, type =, default =, defaulta =,
-- defaultf =, opt =, check =, help =}.

require 'torch'

-- Functions that argcheck makes can be sent to threads and saved; so what they use is looked up, not an upvalue.

local match = {}

function match.fits(rule, value)
   if value == nil then return false end
   if rule.type and not require('argcheck.env').istype(value, rule.type) then return false end
   return not rule.check or rule.check(value)
end

function match.can_be_absent(rule)
   return rule.opt or rule.default ~= nil or rule.defaulta ~= nil or rule.defaultf ~= nil
end

-- Give the arguments from `at` on to the rules from `first` on: here, as nil, or not here. True if all find a place.
function match.ordered(rules, values, arguments, count, first, at)
   local rule = rules[first]
   if not rule then return at > count end
   local value = arguments[at]
   if at <= count and match.fits(rule, value) then
      values[rule.name] = value
      if match.ordered(rules, values, arguments, count, first + 1, at + 1) then return true end
      values[rule.name] = nil
   end
   if not match.can_be_absent(rule) then return false end
   if at <= count and value == nil and match.ordered(rules, values, arguments, count, first + 1, at + 1) then
      return true
   end
   return match.ordered(rules, values, arguments, count, first + 1, at)
end

-- Take the arguments of rules `first` and on from a table, which must not have others.
function match.named(rules, values, given, first)
   local used = 0
   for i = first, #rules do
      local rule = rules[i]
      local value = given[rule.name]
      if value ~= nil then
         if not match.fits(rule, value) then return false end
         values[rule.name], used = value, used + 1
      elseif not match.can_be_absent(rule) then
         return false
      end
   end
   for _ in pairs(given) do used = used - 1 end
   return used == 0
end

function match.fill_in(rules, values)
   for _, rule in ipairs(rules) do
      if values[rule.name] == nil then
         if rule.defaultf then
            values[rule.name] = rule.defaultf()
         elseif rule.default ~= nil then
            values[rule.name] = rule.default
         end
      end
   end
   for _, rule in ipairs(rules) do
      if values[rule.name] == nil and rule.defaulta then values[rule.name] = values[rule.defaulta] end
   end
end

function match.is_method(rules) return rules[1] and rules[1].name == 'self' end

-- The arguments by name, or nil; and whether they came in a table behind `self`.
function match.any(rules, count, ...)
   local arguments = {...}
   if not rules.noordered then
      local values = {}
      if match.ordered(rules, values, arguments, count, 1, 1) then return values end
   end
   if not rules.nonamed then
      local values, method = {}, match.is_method(rules)
      local at = method and 2 or 1
      local given = arguments[at]
      if count == at and type(given) == 'table' and torch.typename(given) == nil
         and (not method or match.fits(rules[1], arguments[1])) and match.named(rules, values, given, at) then
         if method then values.self = arguments[1] end
         return values, method
      end
   end
end

-- What the caller of a checked function gets.
function match.results(rules, values, is_method_call)
   match.fill_in(rules, values)
   local results, count
   if rules.pack and is_method_call then
      local self = values.self
      values.self = nil
      results, count = {self, values}, 2
   elseif rules.pack then
      results, count = {values}, 1
   else
      results, count = {}, #rules
      for i, rule in ipairs(rules) do results[i] = values[rule.name] end
   end
   local unpack = unpack or table.unpack
   if rules.call and not rules.quiet then return rules.call(unpack(results, 1, count)) end
   if rules.call then return true, rules.call, unpack(results, 1, count) end
   if rules.quiet then return true, unpack(results, 1, count) end
   return unpack(results, 1, count)
end

function match.failure(variants, ...)
   local usage, texts, named_at = require 'argcheck.usage', {}
   for i, rules in ipairs(variants) do
      texts[i] = usage.of(rules)
      if not rules.nonamed then named_at = match.is_method(rules) and 2 or 1 end
   end
   return table.concat(texts, '\n\nor\n\n') .. '\n' .. usage.got(named_at, ...) .. '\n'
end

-- The rules behind a checked function: its upvalue `variants`.
function match.variants_of(f)
   for i = 1, 60 do
      local name, value = debug.getupvalue(f, i)
      if name == 'variants' then return value end
      if not name then break end
   end
   error('trying to overload a non-argcheck function', 3)
end

-- All rows of types that rules allow by position, as text.
function match.rows(rules, first, row, rows)
   local rule = rules[first]
   if not rule then
      rows[row] = true
      return rows
   end
   local own = (rule.type or 'any') .. (rule.check and tostring(rule.check) or '') .. ' '
   match.rows(rules, first + 1, row .. own, rows)
   if match.can_be_absent(rule) then match.rows(rules, first + 1, row, rows) end
   return rows
end

function match.check_ambiguity(rules, variants)
   if rules.noordered or rules.force then return end
   local rows = match.rows(rules, 1, '', {})
   for _, others in ipairs(variants) do
      for row in pairs(others.noordered and {} or match.rows(others, 1, '', {})) do
         if rows[row] then error('argcheck rules led to ambiguous situations', 3) end
      end
   end
end

local KINDS = {help = 'string', doc = 'string', chain = 'function', overload = 'function'}
local RULE_KINDS = {type = 'string', help = 'string', doc = 'string', check = 'function', defaulta = 'string',
   defaultf = 'function'}

local function check_rules(rules)
   local function check(condition, message)
      if not condition then error(message, 4) end
   end
   check(not (rules.noordered and rules.nonamed), 'rules must be at least ordered or named')
   for field, kind in pairs(KINDS) do
      check(rules[field] == nil or type(rules[field]) == kind, ('rules %s must be a %s or nil'):format(field, kind))
   end
   check(not (rules.chain and rules.overload), 'rules must have either overload [or chain (deprecated)]')
   check(not (rules.doc and rules.help), 'choose between doc or help, not both')
   for _, rule in ipairs(rules) do
      check(rule.name, 'rule must have a name field')
      for field, kind in pairs(RULE_KINDS) do
         check(rule[field] == nil or type(rule[field]) == kind, ('rule %s must be a %s or nil'):format(field, kind))
      end
   end
   check(not match.is_method(rules) or not match.can_be_absent(rules[1]),
      'self cannot be optional, nor having a default value!')
end

local function argcheck(rules)
   check_rules(rules)
   local usage = require 'argcheck.usage'
   if rules.doc or rules.help then require 'argcheck.doc'(usage.of(rules)) end
   local variants = {}
   local earlier = rules.overload or rules.chain
   if earlier then
      for i, others in ipairs(match.variants_of(earlier)) do variants[i] = others end
      match.check_ambiguity(rules, variants)
   end
   table.insert(variants, rules)

   local function checked(...)
      local count = select('#', ...)
      for i = #variants, 1, -1 do
         local values, is_method_call = match.any(variants[i], count, ...)
         if values then return match.results(variants[i], values, is_method_call) end
      end
      local failure = match.failure(variants, ...)
      if variants[#variants].quiet then return false, failure end
      error(failure .. '\ninvalid arguments!', 2)
   end
   if rules.debug then return checked, '' end
   return checked
end

require('argcheck.env').argcheck = argcheck

return argcheck
