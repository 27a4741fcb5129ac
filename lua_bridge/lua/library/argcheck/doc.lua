-- The help texts of checked functions, while they are recorded.

local doc = {}

function doc.record() doc.texts = {} end

-- All texts since record() as one.
function doc.stop()
   local text = table.concat(doc.texts)
   doc.texts = nil
   return text
end

function doc.doc(text)
   if doc.texts then table.insert(doc.texts, text) end
end

return setmetatable(doc, {__call = function(_, text) return doc.doc(text) end})
