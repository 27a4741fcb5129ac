-- What was C code in package unsup: its table, and x:shrinkage(lambda), which brings all elements nearer to 0 by lambda
-- and those within to 0.

unsup = {}

local function shrinkage(x, lambda)
   if lambda < 0 then error('x:shrinkage(lambda): lambda must not be negative, got ' .. lambda, 2) end
   return x:add(-1, torch.clamp(x, -lambda, lambda))
end

for _, kind in ipairs{'Float', 'Double'} do
   torch.getmetatable(('torch.%sTensor'):format(kind)).shrinkage = shrinkage
end

return unsup
