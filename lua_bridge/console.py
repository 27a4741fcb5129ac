"""What Torch7's tools print with, when Lua uses them: the script's own `print`, `io.write` and `os.exit`."""

from __future__ import annotations

from collections.abc import Callable

# Looked up anew on every call: a script may replace any of them. `tee` keeps the first print that it saw, so that a
# second log does not go through the first.
_FUNCTIONS = """
local plain_print
return function(...) print(...) end, function(text) io.write(text) end, function(status) os.exit(status) end,
   function(sink, quiet)
      plain_print = plain_print or print
      local plain_print = plain_print
      function print(...)
         if not quiet() then plain_print(...) end
         local values = {...}
         for i = 1, select('#', ...) do values[i] = tostring(values[i]) end
         sink(values)
      end
   end,
   function()
      for level = 2, 1000 do
         local frame = debug.getinfo(level, 'Sl')
         if not frame then return '' end
         if frame.currentline > 0 and frame.source:sub(1, 10) ~= '=[torch7py' then
            return frame.short_src .. ':' .. frame.currentline
         end
      end
   end
"""


class LuaConsole:
    """The counterpart of ``torch7py.console.Console`` for one Lua runtime."""

    def __init__(self, runtime):
        functions = runtime.call(runtime.compile(_FUNCTIONS, name="=[torch7py/console]"))
        self.print, self.write, self.exit, self._tee, self.position = functions

    def tee(self, sink: Callable[[list[str]], None], quiet: Callable[[], bool]) -> None:
        self._tee(lambda values: sink(values.list()), quiet)
