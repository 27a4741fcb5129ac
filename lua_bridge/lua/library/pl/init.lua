-- Penlight's modules as globals, each loaded when it is first used. These are the parts of Penlight that Torch7's
-- programs use, written afresh; a copy of Penlight itself on package.path comes before them.

require 'pl.import_into'(_G)
