-- Package gnuplot: Python's functions; a histogram is a table that prints as a chart.

local world, gnuplot = ...
local text = world.package_members('gnuplot.histograms').text

for _, name in ipairs{'hist', 'histc'} do
   local compute = gnuplot[name]
   gnuplot[name] = function(...)
      local histogram = compute(...)
      return type(histogram) == 'table' and setmetatable(histogram, {__tostring = text}) or histogram
   end
end

return gnuplot
