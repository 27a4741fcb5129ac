-- What `require 'nn.THNN'` returned: Torch7's C kernels, which are not here. Programs get it for layers that few of their
-- networks have, so that only the use of a kernel is an error.

return setmetatable({}, {
   __index = function(_, name)
      error(("nn.THNN.%s: the C kernels of Torch7's layers are not here; call the layers' methods"):format(name), 2)
   end,
})
