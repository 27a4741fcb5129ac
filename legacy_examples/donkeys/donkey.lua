----------------------------------------------------------------------
-- a donkey's work: a batch of digits, each of them distorted at random
----------------------------------------------------------------------

-- an image of bytes 0..16 as numbers 0..1, turned by up to 0.2 radians, shifted by up to one pixel, lighter or darker
local function distort(image)
   local size = image:size(2)
   local from, to = image[1], torch.zeros(1, size, size)
   local angle, scale = torch.uniform(-0.2, 0.2), torch.uniform(0.8, 1.2) / 16
   local dy, dx = torch.random(-1, 1), torch.random(-1, 1)
   local cos, sin = math.cos(angle), math.sin(angle)
   local middle = (size + 1) / 2

   local function pixel(y, x)
      if y < 1 or y > size or x < 1 or x > size then return 0 end
      return from[y][x]
   end

   for y = 1, size do
      for x = 1, size do
         -- where this pixel comes from: between four others
         local v, u = y - dy - middle, x - dx - middle
         local sy, sx = cos * v - sin * u + middle, sin * v + cos * u + middle
         local top, left = math.floor(sy), math.floor(sx)
         local b, a = sy - top, sx - left
         to[1][y][x] = scale * ((1 - b) * ((1 - a) * pixel(top, left) + a * pixel(top, left + 1))
            + b * ((1 - a) * pixel(top + 1, left) + a * pixel(top + 1, left + 1)))
      end
   end
   return to
end

-- the images and labels of these indices; the seed belongs to the batch, so that no donkey draws other numbers
function loadBatch(data, labels, indices, seed)
   torch.manualSeed(seed)
   local count = indices:size(1)
   local inputs = torch.Tensor(count, 1, data:size(3), data:size(4))
   local targets = torch.Tensor(count)
   for i = 1, count do
      inputs[i]:copy(distort(data[indices[i]]))
      targets[i] = labels[indices[i]]
   end
   return inputs, targets
end
