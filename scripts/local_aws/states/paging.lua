-- Pages of lists, and the checks on request members that AWS makes by its model before an operation sees them.
local crypto = require "crypto"
local fault  = require "local_aws.fault"
local json   = require "json"

local paging = {}

local MOST = 1000
local USUAL = 100

local function refuse(text)
  fault.raise("ValidationException", "1 validation error detected: " .. text)
end

-- How many entries a page has: 100 when the caller says nothing or 0.
function paging.limit(input)
  local most = input.maxResults or 0
  if most > MOST then
    refuse(("Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to %d")
      :format(most, MOST))
  elseif most < 0 then
    refuse(("Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0")
      :format(most))
  end
  return most == 0 and USUAL or most
end

-- A token holds where the next page starts and for which list it was given out.
function paging.token(list, place)
  return place and crypto.base64_encode(json.encode(json.object { list = list, place = place }))
end

function paging.place(list, token, longest)
  if token == nil then
    return nil
  elseif #token > (longest or 1024) then
    refuse(("Value '%s' at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to %d")
      :format(token, longest or 1024))
  end
  local text = crypto.base64_decode(token)
  local fine, content = pcall(json.decode, text or "")
  if not fine or type(content) ~= "table" or content.list ~= list or content.place == nil then
    fault.raise("InvalidToken", "Invalid Token: 'Invalid token'")
  end
  return content.place
end

function paging.check_length(member, value, most)
  if value and #value > most then
    refuse(("Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d"):format(member,
      most))
  end
end

return paging
