-- cjson.safe: as cjson, but `decode` and `encode` return nil and a message where that raises an error.

require 'cjson'
return (...).safe_json()
