-- The Lua half of package nn.

local _, nn = ...

-- Types of temporary memory for nn.Module.flatten, by types of parameters: packages set them, here none is needed.
rawset(getmetatable(nn.Module), '_flattenTensorBuffer', {})
