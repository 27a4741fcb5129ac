-- The Lua half of package torchx: its functions are torch's.

local world, torchx = ...
torch.find = torchx.find
torchx.find = nil
