-- The Lua half of package nngraph: modules and nodes as operands, and names of nodes from local variables.

local world, nngraph = ...
require 'nn'
require 'graph'

package.preload['nngraph.nesting'] = function() return world.package_members('nngraph.nesting') end

local node_of, name_node = nngraph.node_of, world.package_members('nngraph.debugging').name_node
nngraph.node_of = nil

for _, name in ipairs{'gModule', 'ModuleFromCriterion'} do rawset(nn, name, world.adopt('nn.' .. name).constructor) end

-- With this package a call of a module never computes anything. These members are Lua's alone: in Python a call with
-- tensors still does.
local Module = world.adopt('nn.Module').members
rawset(Module, '__call__', node_of)
rawset(Module, '__unm__', function(module) return node_of(module) end)
rawset(Module, '__sub__', function(parents, module) return module(parents) end)
rawset(world.adopt('nn.Criterion').members, '__call__', node_of)
rawset(world.adopt('nngraph.Node').members, '__sub__', function(node, module) return module(node) end)

-- Name the nodes in the local variables of the function `level` levels up, by default the caller.
function nngraph.annotateNodes(level)
   level = (level or 1) + 1
   for index = 1, math.huge do
      local name, value = debug.getlocal(level, index)
      if not name then break end
      name_node(value, name)
   end
end
