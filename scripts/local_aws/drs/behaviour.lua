-- How a server's jobs go when they are not to go well: what the estate or control stored, and over it the server's own tag
-- `drsh:behaviour` ("launch=FAILED,slow=2"), which any AWS client can set.

local behaviour = {}

local TAG = "drsh:behaviour"

local function read_tag(text)
  local found = {}
  for name, value in text:gmatch("([%w_]+)=([^,%s]+)") do
    if value == "true" then
      found[name] = true
    else
      found[name] = tonumber(value) or value
    end
  end
  return found
end

-- The behaviour of a source server (a row that is read); {} when it does nothing special.
function behaviour.of(server)
  local found = {}
  for name, value in pairs(server and server.behaviour or {}) do
    found[name] = value
  end
  for name, value in pairs(server and server.tags[TAG] and read_tag(server.tags[TAG]) or {}) do
    found[name] = value
  end
  return found
end

return behaviour
