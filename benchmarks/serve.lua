-- th serve.lua FILE: runs the benchmarks of FILE that lines of standard input name, and prints what one round takes.
local benchmarks = dofile(arg[1])
for line in io.lines() do
   local name, count = line:match('^(.*) (%d+)$')
   print(string.format('%.12f', benchmarks[name](tonumber(count))))
   io.flush()
end
