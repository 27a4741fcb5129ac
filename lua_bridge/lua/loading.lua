-- Code for the LuaJIT that came with Torch7, which had Lua 5.2's syntax: a bracket that begins a line goes on with the
-- expression before it. Elsewhere that is the error "ambiguous syntax"; then the bracket is moved to where that ends.

local loadstring, loadfile = loadstring or load, loadfile
local AMBIGUOUS = ':(%d+): ambiguous syntax'

-- The text with the bracket at the beginning of a line moved up; nil where that can't be told from the lines alone.
local function move_bracket(text, number)
   local lines = {}
   for line in (text .. '\n'):gmatch('(.-)\n') do lines[#lines + 1] = line end
   local rest = lines[number]:match('^%s*%((.*)$')
   local before = number - 1
   while before > 0 and lines[before]:find('^%s*$') do before = before - 1 end
   if not rest or before == 0 or lines[before]:find('--', 1, true) then return nil end
   lines[number], lines[before] = rest, lines[before] .. '('
   return table.concat(lines, '\n')
end

-- Like Lua's loadstring.
function _G.loadstring(text, name)
   while true do
      local chunk, message = loadstring(text, name)
      if chunk then return chunk end
      local number = tostring(message):match(AMBIGUOUS)
      text = number and move_bracket(text, tonumber(number))
      if not text then return nil, message end
   end
end

-- Like Lua's loadfile.
function _G.loadfile(path, ...)
   local chunk, message = loadfile(path, ...)
   if chunk then return chunk end
   if not message:find(AMBIGUOUS) then return nil, message end
   local file = io.open(path, 'rb')
   local text = file:read('*a'):gsub('^#', '--')
   file:close()
   return _G.loadstring(text, '@' .. path)
end

function _G.dofile(path)
   local chunk, message = _G.loadfile(path)
   if not chunk then error(message, 0) end
   return chunk()
end

local load_package = package.loaders[2]
package.loaders[2] = function(name)
   local ok, found = pcall(load_package, name)
   if ok then return found end
   local path = found:find(AMBIGUOUS) and found:match("from file '([^']*)'")
   return path and _G.loadfile(path) or error(found, 0)
end
