-- For the original's interpreter: th original.lua FILE NAME COUNT prints what one round of a benchmark takes.
local benchmark = dofile(arg[1])[arg[2]]
local count = tonumber(arg[3])
benchmark(math.ceil(count / 10))
print(string.format('%.12f', benchmark(count)))
