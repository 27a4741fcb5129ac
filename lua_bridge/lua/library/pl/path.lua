-- pl.path: names of files, and what is known of them.

local lfs = require 'lfs'
local utils = require 'pl.utils'
local path = {sep = '/', dirsep = ':', is_windows = false, name = 'pl.path'}

path.currentdir, path.chdir, path.mkdir, path.rmdir = lfs.currentdir, lfs.chdir, lfs.mkdir, lfs.rmdir
path.attrib, path.link_attrib, path.setmode = lfs.attributes, lfs.symlinkattributes, lfs.setmode

function path.dir(name) return lfs.dir(utils.assert_string(1, name)) end

function path.isdir(name) return lfs.attributes(utils.assert_string(1, name), 'mode') == 'directory' end
function path.isfile(name) return lfs.attributes(utils.assert_string(1, name), 'mode') == 'file' end
function path.islink(name) return lfs.symlinkattributes(utils.assert_string(1, name), 'mode') == 'link' end
function path.exists(name) return lfs.attributes(utils.assert_string(1, name), 'mode') ~= nil and name end
function path.getsize(name) return lfs.attributes(utils.assert_string(1, name), 'size') end
function path.getatime(name) return lfs.attributes(utils.assert_string(1, name), 'access') end
function path.getmtime(name) return lfs.attributes(utils.assert_string(1, name), 'modification') end
function path.getctime(name) return lfs.attributes(utils.assert_string(1, name), 'change') end

-- Folder and name.
function path.splitpath(name)
   utils.assert_string(1, name)
   local folder, rest = name:match '^(.*)/([^/]*)$'
   if not folder then return '', name end
   return folder, rest
end

-- The name without and its extension with the dot.
function path.splitext(name)
   utils.assert_string(1, name)
   local root, extension = name:match '^(.*)(%.[^./]*)$'
   if not root then return name, '' end
   return root, extension
end

function path.dirname(name) return (path.splitpath(name)) end
function path.basename(name) return (select(2, path.splitpath(name))) end
function path.extension(name) return (select(2, path.splitext(name))) end
function path.isabs(name) return utils.assert_string(1, name):sub(1, 1) == '/' end
function path.normcase(name) return utils.assert_string(1, name) end

-- path.join(a, b, ...): each relative to the one before.
function path.join(first, second, ...)
   utils.assert_string(1, first)
   utils.assert_string(2, second)
   if select('#', ...) > 0 then return path.join(path.join(first, second), ...) end
   if path.isabs(second) then return second end
   local last = first:sub(-1)
   if last ~= '/' and last ~= '' then first = first .. '/' end
   return first .. second
end

-- Without '.', '..' and double slashes.
function path.normpath(name)
   utils.assert_string(1, name)
   local root, parts = name:match '^/' or '', {}
   if name:match '^//[^/]' then root = '//' end
   for part in name:gmatch '[^/]+' do
      if part == '..' and #parts > 0 and parts[#parts] ~= '..' then
         table.remove(parts)
      elseif part ~= '.' and not (part == '..' and root ~= '') then
         table.insert(parts, part)
      end
   end
   local joined = root .. table.concat(parts, '/')
   return joined == '' and '.' or joined
end

function path.abspath(name, folder)
   utils.assert_string(1, name)
   if not path.isabs(name) then name = path.join(folder or path.currentdir(), name) end
   return path.normpath(name)
end

-- The way from `start` (the current directory) to a name.
function path.relpath(name, start)
   utils.assert_string(1, name)
   local to, from = {}, {}
   for part in path.abspath(name):gmatch '[^/]+' do table.insert(to, part) end
   for part in path.abspath(start or path.currentdir()):gmatch '[^/]+' do table.insert(from, part) end
   local same = 0
   while to[same + 1] and to[same + 1] == from[same + 1] do same = same + 1 end
   local parts = {}
   for _ = same + 1, #from do table.insert(parts, '..') end
   for i = same + 1, #to do table.insert(parts, to[i]) end
   return table.concat(parts, '/')
end

function path.expanduser(name)
   utils.assert_string(1, name)
   if name:sub(1, 1) ~= '~' then return name end
   local home = os.getenv 'HOME'
   if not home then return nil, "failed to expand '~' (HOME not set)" end
   return home .. name:sub(2)
end

function path.tmpname() return os.tmpname() end

-- The folder that two names have in common.
function path.common_prefix(a, b)
   utils.assert_string(1, a)
   utils.assert_string(2, b)
   if #a > #b then a, b = b, a end
   local same = 0
   while same < #a and a:byte(same + 1) == b:byte(same + 1) do same = same + 1 end
   if same == #a then return path.isdir(a) and a or path.dirname(a) end
   local slash = a:sub(1, same):match '.*()/'
   return slash and a:sub(1, slash - 1) or ''
end

-- Where `require` finds a module.
function path.package_path(name)
   utils.assert_string(1, name)
   for _, templates in ipairs{package.path, package.cpath} do
      for template in templates:gmatch '[^;]+' do
         local file = template:gsub('%?', (name:gsub('%.', '/')))
         if path.isfile(file) then return file, templates == package.path end
      end
   end
   return nil, 'cannot find module on path'
end

return path
