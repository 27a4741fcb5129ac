-- The Lua half of package torchx: most of its functions are torch's, or methods of tensors.

local world, torchx = ...
require 'paths'

for _, name in ipairs{'concat', 'find', 'group', 'md5', 'remap', 'treemax'} do
   torch[name], torchx[name] = torchx[name], nil
end

local folders = world.package_members('torchx.folders')
paths.indexdir, torchx.indexdir = folders.indexdir, nil
rawset(world.adopt('torchx.FolderIndex').members, 'filename', folders.filename)

-- Give tensors, or with `alias` nil classes of any names, these functions as methods.
function torchx.extend(types, functions, alias)
   for _, name in ipairs(types) do
      local class = torch.getmetatable(alias and 'torch.' .. name .. 'Tensor' or name)
      for method, call in pairs(functions) do rawset(class, method, call) end
   end
end

torchx.extend({'Byte', 'Char', 'Short', 'Int', 'Long', 'Float', 'Double'}, {concat = torch.concat}, true)
function torchx.cuda() torchx.extend({'Cuda'}, {concat = torch.concat}, true) end

if jit then ffi = require 'ffi' end -- programs find it there

return torchx
