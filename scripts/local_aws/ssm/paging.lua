-- Pages of lists that are at hand, as SSM cuts them: a token is the place to go on at.

local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"

local paging = {}

-- The page of `list` that input.NextToken and input.MaxResults ask for, and the next token.
function paging.cut(list, input, default)
  local start = 1
  if input.NextToken and input.NextToken ~= "" then
    start = math.tointeger(tonumber(crypto.base64url_decode(input.NextToken) or ""))
    if not start then
      fault.raise("InvalidNextToken", "The specified token isn't valid.")
    end
  end
  local size = input.MaxResults or default
  local items = json.array { table.unpack(list, start, math.min(#list, start + size - 1)) }
  return items, list[start + size] and crypto.base64url_encode(tostring(start + size)) or nil
end

return paging
