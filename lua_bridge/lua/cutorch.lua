-- Package cutorch: the CUDA types; those of the CPU where it stands in for a GPU.

local world, cutorch = ...

for typename, serving in pairs(world.cuda_classes()) do
   local class = world.adopt(serving)
   world.classes[typename] = class
   rawset(torch, typename:match('([^%.]+)$'), class.constructor)
end

return cutorch
