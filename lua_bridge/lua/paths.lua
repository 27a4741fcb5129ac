-- Package paths: what it takes from the file that calls it.

local _, paths = ...

-- The file that runs `depth` levels up; with a name, that file in the same folder. nil outside of files.
function paths.thisfile(name, depth)
   local source = debug.getinfo(depth or 2, 'S').source
   local file = source:sub(1, 1) == '@' and paths.concat(source:sub(2)) or nil
   if type(name) ~= 'string' then return file end
   return file and paths.concat(paths.dirname(file), name) or name
end

-- Run a file, whose name counts from the folder of the calling file.
function paths.dofile(name, depth)
   local file = paths.thisfile(nil, (depth or 2) + 1)
   return dofile(file and paths.concat(paths.dirname(file), name) or name)
end

-- It looked for libraries of C in further places, of which there are none.
function paths.require(name) return require(name) end

return paths
