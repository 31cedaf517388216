-- Is a text JSON, and if not, what would AWS say?
local json = require "json"

local input_check = {}

-- -> true, value | false, reason, the word that is no JSON | nil
function input_check.json(text)
  if text:match "^%s*$" then
    return false, "Invalid execution input."
  end
  local fine, value = pcall(json.decode, text)
  if fine then
    return true, value
  end
  local word = text:match "^%s*([%a_][%w_]*)"
  if word and word ~= "true" and word ~= "false" and word ~= "null" then
    return false, ("Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' "
      .. "or 'false')"):format(word), word
  end
  local character = text:match "^%s*{%s*([^%s\"}])"
  if character then
    return false, ("Unexpected character ('%s' (code %d)): was expecting double-quote to start field name"):format(character,
      character:byte())
  end
  return false, type(value) == "table" and value.message or tostring(value)
end

return input_check
