-- The default: everything is copied.

local world = ...

return {
   save = function(value) return world.pack(value, false) end,
   load = function(parcel) return world.unpack(parcel) end,
}
