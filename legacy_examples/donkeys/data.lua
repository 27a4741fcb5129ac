----------------------------------------------------------------------
-- the donkeys: threads that prepare batches while the main thread trains
----------------------------------------------------------------------
local threads = require 'threads'
threads.Threads.serialization('threads.sharedserialize')

local here = paths.dirname(paths.thisfile())
local opt = opt

local donkeys = threads.Threads(
   opt.nDonkeys,
   function()
      require 'torch'
      require 'paths'
   end,
   function(id)
      torch.setnumthreads(1)
      -- what a donkey does is in a file of its own; images and labels are not copied
      dofile(paths.concat(here, 'donkey.lua'))
      print(string.format('donkey %d is ready', id))
   end
)

----------------------------------------------------------------------
-- an iterator over the batches of an epoch, in their order, whichever donkey is the first to have one ready:
--
--    for inputs, labels in batches(data, labels, order, size, seed) do ... end
--
function batches(data, labels, order, size, seed)
   local count = math.ceil(order:size(1) / size)
   local ready, added, taken = {}, 0, 0

   local function add()
      added = added + 1
      local number, first = added, (added - 1) * size + 1
      local indices = order:narrow(1, first, math.min(size, order:size(1) - first + 1))
      donkeys:addjob(
         -- in a donkey
         function(seed)
            return loadBatch(data, labels, indices, seed)
         end,
         -- here again
         function(inputs, targets)
            ready[number] = {inputs, targets}
         end,
         seed + number
      )
   end

   return function()
      while added < count and donkeys:acceptsjob() do
         add()
      end
      taken = taken + 1
      if taken > count then return nil end
      while not ready[taken] do
         donkeys:dojob()
      end
      local batch = ready[taken]
      ready[taken] = nil
      return batch[1], batch[2]
   end
end

function stopDonkeys()
   donkeys:terminate()
end
