-- pl.dir: directories and trees of them.

local lfs = require 'lfs'
local path, utils = require 'pl.path', require 'pl.utils'
local List = require 'pl.List'
local dir = {}

local function check_dir(n, name)
   utils.assert_arg(n, name, 'string', path.isdir, 'not a directory', 4)
end

-- The Lua pattern of a shell pattern.
local function pattern_of(mask)
   mask = utils.escape(path.normcase(mask))
   return '^' .. mask:gsub('%%%*', '.*'):gsub('%%%?', '.') .. '$'
end

function dir.fnmatch(name, mask)
   utils.assert_string(1, name)
   utils.assert_string(2, mask)
   return path.normcase(name):find(pattern_of(mask)) ~= nil
end

function dir.filter(names, mask)
   local pattern = pattern_of(mask)
   local found = List()
   for _, name in ipairs(names) do
      if path.normcase(name):find(pattern) then found:append(name) end
   end
   return found
end

local function entries(folder, wanted, pattern)
   local found = List()
   check_dir(1, folder)
   for name in lfs.dir(folder) do
      if name ~= '.' and name ~= '..' then
         local full = path.join(folder, name)
         if wanted(full) and (not pattern or name:find(pattern)) then found:append(full) end
      end
   end
   return found
end

-- The files in a folder, those that a shell pattern matches.
function dir.getfiles(folder, mask) return entries(folder or '.', path.isfile, mask and pattern_of(mask)) end

function dir.getdirectories(folder) return entries(folder or '.', path.isdir) end

-- Walk through the folders of a tree: folder, list of its folders, list of its files.
function dir.walk(root, bottom_up, follow_links)
   check_dir(1, root)
   local function walk(folder)
      local folders, files = List(), List()
      for name in lfs.dir(folder) do
         if name ~= '.' and name ~= '..' then
            local full = path.join(folder, name)
            if path.isdir(full) then
               if follow_links or not path.islink(full) then folders:append(name) end
            else
               files:append(name)
            end
         end
      end
      if not bottom_up then coroutine.yield(folder, folders, files) end
      for _, name in ipairs(folders) do walk(path.join(folder, name)) end
      if bottom_up then coroutine.yield(folder, folders, files) end
   end
   return coroutine.wrap(function() walk(root) end)
end

-- All files of a tree, those that a shell pattern matches.
function dir.getallfiles(root, mask)
   check_dir(1, root or '.')
   local found = List()
   for folder, _, files in dir.walk(root or '.', false, true) do
      for _, name in ipairs(files) do
         if not mask or dir.fnmatch(name, mask) then found:append(path.join(folder, name)) end
      end
   end
   return found
end

-- Walk through all that is in a tree: name, and whether it is a folder.
function dir.dirtree(root)
   check_dir(1, root)
   root = root:gsub('(.)/$', '%1')
   local function walk(folder)
      for name in lfs.dir(folder) do
         if name ~= '.' and name ~= '..' then
            local full = folder .. '/' .. name
            local is_dir = path.isdir(full)
            coroutine.yield(full, is_dir)
            if is_dir and not path.islink(full) then walk(full) end
         end
      end
   end
   return coroutine.wrap(function() walk(root) end)
end

-- Remove a folder with all that is in it.
function dir.rmtree(folder)
   check_dir(1, folder)
   if path.islink(folder) then return false, 'will not follow symlink' end
   for name in lfs.dir(folder) do
      if name ~= '.' and name ~= '..' then
         local full = path.join(folder, name)
         local ok, message
         if path.isdir(full) and not path.islink(full) then
            ok, message = dir.rmtree(full)
         else
            ok, message = os.remove(full)
         end
         if not ok then return nil, message end
      end
   end
   return lfs.rmdir(folder)
end

-- Make a folder and those above it.
function dir.makepath(folder)
   utils.assert_string(1, folder)
   folder = path.abspath(folder)
   if folder == '/' or path.isdir(folder) then return true end
   local ok, message = dir.makepath(path.dirname(folder) == '' and '/' or path.dirname(folder))
   if not ok then return nil, message end
   return lfs.mkdir(folder)
end

local function transfer(command, from, to)
   local ok = utils.execute(command .. ' ' .. utils.quote_arg{from, to} .. ' 2>/dev/null')
   if not ok then return false, ('%s %s to %s failed'):format(command, from, to) end
   return true
end

-- Copy a file; not over an existing one if `only_new`.
function dir.copyfile(from, to, only_new)
   utils.assert_string(1, from)
   utils.assert_string(2, to)
   return transfer(only_new and 'cp -n' or 'cp', from, to)
end

function dir.movefile(from, to)
   utils.assert_string(1, from)
   utils.assert_string(2, to)
   return transfer('mv', from, to)
end

-- Make the folders of a tree anew elsewhere; `f(from, to)` is called for each file, dir.copyfile for example.
function dir.clonetree(from, to, f, verbose)
   check_dir(1, from)
   utils.assert_string(2, to)
   from, to = path.normpath(path.abspath(from)), path.normpath(path.abspath(to))
   if from == to then return false, 'paths are the same tree' end
   local failed_folders, failed_files = List(), List()
   local say = verbose == true and print or verbose or function() end
   for folder, _, files in dir.walk(from) do
      local target = folder == from and to or path.join(to, path.relpath(folder, from))
      say('creating:', target)
      if not dir.makepath(target) then failed_folders:append(target) end
      for _, name in ipairs(f and files or {}) do
         local source = path.join(folder, name)
         if not f(source, path.join(target, name)) then failed_files:append(source) end
      end
   end
   return true, failed_folders, failed_files
end

return dir
