-- Runs one test file of a Torch7 package and reports each of its tests as a line of JSON:
--
--    th driver.lua REPORT PACKAGE FILE [TEST...]
--
-- Whatever testers the file uses, torch.Tester or totem.Tester, their `run` wraps each test to tell what became of it.
-- A file that only defines `nn.test` (or torch.test, rnn.test, ...) has that called. With names, only these tests run.

require 'torch'

local report = assert(io.open(arg[1], 'a'))
local package_name, file = arg[2], arg[3]
local chosen
for i = 4, #arg do
   chosen = chosen or {}
   chosen[arg[i]] = true
end
arg = {[0] = file} -- testers read the command line too
pcall(require, package_name) -- the original package loaded its tests itself

local function quote(text)
   return '"' .. tostring(text):gsub('[%c"\\\128-\255]', function(c) return ('\\u%04x'):format(c:byte()) end) .. '"'
end

local function tell(event, name, text)
   report:write(('{"event": "%s", "test": %s, "text": %s}\n'):format(event, quote(name), quote(text or '')))
   report:flush()
end

-- An error with the stack up to this file.
local function described(value)
   local stack = debug.traceback('', 3)
   local ours = stack:find('[^\n]*driver%.lua')
   return tostring(value) .. (ours and stack:sub(1, ours - 2) or stack)
end

-- A test that tells when it begins and how it ended.
local function told(tester, name, test)
   return function(...)
      tell('begin', name)
      local before, given = #tester.errors, {...}
      local fine, failure = xpcall(function() test(unpack(given)) end, function(value)
         return {value = value, text = described(value)}
      end)
      local told = fine and {} or {failure.text}
      for i = before + 1, #tester.errors do table.insert(told, tostring(tester.errors[i])) end
      tell(#told == 0 and 'passed' or 'failed', name, table.concat(told, '\n'))
      if not fine then error(failure.value, 0) end
   end
end

local used = false -- has any tester run?
local running = false -- a tester that a test makes is that test's own

local function watch(class)
   local run = class.run
   class.run = function(self, names)
      if running then return run(self, names) end
      used, running = true, true
      local tests = self.tests
      for name, test in pairs(tests) do
         tests[name] = (not chosen or chosen[name]) and told(self, name, test) or nil
      end
      for name in pairs(tests) do tell('planned', name) end
      -- it raises if a test has failed, which has been told; so that the file goes on
      if next(tests) ~= nil then pcall(run, self, names) end
      for name in pairs(tests) do tell('done', name) end
      running = false
   end
end

watch(torch.getmetatable('torch.Tester'))
local text = assert(io.open(file)):read('*a')
if text:find('totem', 1, true) and pcall(require, 'totem') then watch(torch.getmetatable('totem.Tester')) end

-- The package's name.test for each loaded package.
local function entries()
   local found = {}
   for name, package in pairs(package.loaded) do
      if type(package) == 'table' and name ~= '_G' then found[name] = rawget(package, 'test') end
   end
   return found
end

local before = entries()
local fine, failure = xpcall(function()
   dofile(file)
   for name, test in pairs(entries()) do
      if test ~= before[name] and type(test) == 'function' and not used then test() end
   end
end, described)
if not fine then
   tell('failed', '(file)', failure)
elseif not used then
   tell('passed', '(file)')
end
report:close()
os.exit(0) -- at once, whatever is left open
