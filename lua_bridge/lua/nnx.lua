-- The Lua half of package nnx: what it needs.

require 'nn'
