-- pl.file: whole files.

local utils, path, dir = require 'pl.utils', require 'pl.path', require 'pl.dir'

return {
   read = utils.readfile,
   write = utils.writefile,
   copy = dir.copyfile,
   move = dir.movefile,
   access_time = path.getatime,
   creation_time = path.getctime,
   modified_time = path.getmtime,
   delete = os.remove,
}
