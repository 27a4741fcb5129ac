-- `require './table.csv'` asks for a package of this name.

return require 'csvigo'
