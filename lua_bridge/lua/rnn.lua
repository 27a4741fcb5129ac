-- The Lua half of package rnn.

local world, rnn = ...
require 'dpnn'
nn.rnn = rnn

-- With this package Dropout takes two more settings: `lazy` draws once for a whole sequence, `mono` for all samples.
local Dropout = world.adopt('nn.Dropout').members
local init = Dropout.__init
function Dropout:__init(p, v1, inplace, lazy, mono)
   init(self, p, v1, inplace)
   self.lazy, self.mono, self.flag = lazy or false, mono or false, true
end
