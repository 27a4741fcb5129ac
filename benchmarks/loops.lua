-- Loops over elements and small tensors: each function takes a number of rounds and returns the seconds that one took.
require 'torch'

local vector = torch.Tensor(1000):uniform()
local matrix = torch.Tensor(100, 100):uniform()
local data = torch.Tensor(1000, 1, 8, 8):uniform()
local batch = torch.Tensor(100, 1, 8, 8)

local function timed(loop)
   return function(count)
      local timer = torch.Timer()
      loop(count)
      return timer:time().real / count
   end
end

return {
   ['s = s + x[i]'] = timed(function(count)
      local sum = 0
      for _ = 1, count / 1000 do
         for i = 1, 1000 do
            sum = sum + vector[i]
         end
      end
      return sum
   end),
   ['x[i] = i'] = timed(function(count)
      for _ = 1, count / 1000 do
         for i = 1, 1000 do
            vector[i] = i
         end
      end
   end),
   ['x[i] = x[i] + 1'] = timed(function(count)
      for _ = 1, count / 1000 do
         for i = 1, 1000 do
            vector[i] = vector[i] + 1
         end
      end
   end),
   ['s = s + m[i][j]'] = timed(function(count)
      local sum = 0
      for _ = 1, count / 10000 do
         for i = 1, 100 do
            for j = 1, 100 do
               sum = sum + matrix[i][j]
            end
         end
      end
      return sum
   end),
   ['m[i][j] = i'] = timed(function(count)
      for _ = 1, count / 10000 do
         for i = 1, 100 do
            for j = 1, 100 do
               matrix[i][j] = i
            end
         end
      end
   end),
   ['s = s + m[{i,j}]'] = timed(function(count)
      local sum = 0
      for _ = 1, count / 10000 do
         for i = 1, 100 do
            for j = 1, 100 do
               sum = sum + matrix[{i, j}]
            end
         end
      end
      return sum
   end),
   ['m[{i,j}] = i'] = timed(function(count)
      for _ = 1, count / 10000 do
         for i = 1, 100 do
            for j = 1, 100 do
               matrix[{i, j}] = i
            end
         end
      end
   end),
   ['batch[i]:copy(data[j])'] = timed(function(count)
      for i = 1, count do
         batch[i % 100 + 1]:copy(data[i % 1000 + 1])
      end
   end),
   ['x:narrow(1, i, 10):fill(i)'] = timed(function(count)
      for i = 1, count do
         vector:narrow(1, i % 990 + 1, 10):fill(i)
      end
   end),
   ['x:apply(f), an element'] = timed(function(count)
      for _ = 1, count / 1000 do
         vector:apply(function(v) return v + 1 end)
      end
   end),
   ['x:add(1), 1,000 elements'] = timed(function(count)
      for _ = 1, count do
         vector:add(1)
      end
   end),
}
