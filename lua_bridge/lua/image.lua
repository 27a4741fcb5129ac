-- Package image: Python's functions; whoever requires it counts on xlua and dok too.

local _, image = ...
require 'xlua'
require 'dok'

return image
