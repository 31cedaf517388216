-- Pages of lists that are at hand, as EventBridge cuts them: by Limit and NextToken.

local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"

local paging = {}

local DEFAULT_PAGE = 100

-- One page of the list, and the token of the next.
function paging.cut(list, input)
  local start = 1
  if input.NextToken then
    start = math.tointeger(tonumber(crypto.base64url_decode(input.NextToken) or ""))
      or fault.raise("ValidationException", "Invalid nextToken.")
  end
  local size = input.Limit or DEFAULT_PAGE
  local items = json.array { table.unpack(list, start, math.min(#list, start + size - 1)) }
  return items, list[start + size] and crypto.base64url_encode(tostring(start + size)) or nil
end

return paging
