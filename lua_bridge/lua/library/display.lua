-- Package display, which sent pictures and plots to a server for the browser: here they are shown as image.display and
-- gnuplot show theirs, in files or in the notebook.

local image = require 'image'
local gnuplot = require 'gnuplot'

local display = {}
local places = {} -- what a window's name stands for: a window of image.display's, or the number of a figure

local function place(options)
   return options.win or #places + 1
end

-- Where the server listens.
function display.configure() end

-- One image or many, as a tensor or a list: options win (what an earlier call returned, or any name), title, min, max,
-- nperrow. Returns the window.
function display.image(pictures, options)
   options = options or {}
   local win = place(options)
   places[win] = image.display{
      image = pictures, win = places[win], legend = options.title or 'display', min = options.min, max = options.max,
      nrow = options.nperrow or math.ceil(math.sqrt(torch.isTensor(pictures) and pictures:size(1) or #pictures)),
   }
   return win
end

display.images = display.image

-- Lines: of each row of `data` the first number is x, the others are the lines' y. Options win, title, ylabel, and
-- labels: names of x and the lines.
function display.plot(data, options)
   options = options or {}
   local win, labels = place(options), options.labels or {}
   local columns = (torch.isTensor(data) and data or torch.Tensor(data)):double():t()
   local lines = {}
   for i = 2, columns:size(1) do
      lines[i - 1] = {labels[i] or ('Y' .. i - 1), columns[1]:clone(), columns[i]:clone(), '-'}
   end
   places[win] = gnuplot.figure(places[win])
   gnuplot.title(options.title or '')
   gnuplot.xlabel(options.xlabel or labels[1] or '')
   gnuplot.ylabel(options.ylabel or '')
   gnuplot.plot(unpack(lines))
   return win
end

function display.text(text, options)
   print(text)
   return place(options or {})
end

return display
