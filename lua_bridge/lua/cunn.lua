-- Package cunn: whoever requires it counts on cutorch and nn too.

local _, cunn = ...
require 'cutorch'
require 'nn'
return cunn
