-- Package env put around a script of plain Lua what th puts around one by itself. Here scripts run in th.

return require 'torch'
