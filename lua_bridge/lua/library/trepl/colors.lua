-- What makes a terminal change its colour: normal, bold (Red) and background (_red). `th` empties them where its
-- output goes elsewhere.

local colors = {none = '\27[0m', bright = '\27[1m', dim = '\27[2m', underline = '\27[4m', blink = '\27[5m',
   reverse = '\27[7m', hidden = '\27[8m'}
for number, name in ipairs{'black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'} do
   colors[name] = ('\27[0;3%dm'):format(number - 1)
   colors[name:gsub('^%l', string.upper)] = ('\27[1;3%dm'):format(number - 1)
   colors['_' .. name] = ('\27[4%dm'):format(number - 1)
end
return colors
