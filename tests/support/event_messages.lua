-- Messages of application/vnd.amazon.eventstream as a service writes them.

local crypto = require "crypto"

local event_messages = {}

-- headers: a list of {name, value, type and format of string.pack}; a text needs no more than name and value.
function event_messages.message(headers, payload)
  local packed = {}
  for index, header in ipairs(headers) do
    local name, value, kind, format = table.unpack(header, 1, 4)
    packed[index] = (">s1B"):pack(name, kind or 7) .. (kind and (format and format:pack(value) or "") or (">s2"):pack(value))
  end
  local all = table.concat(packed)
  local prelude = (">I4I4"):pack(#all + #payload + 16, #all)
  local whole = prelude .. (">I4"):pack(crypto.crc32(prelude)) .. all .. payload
  return whole .. (">I4"):pack(crypto.crc32(whole))
end

function event_messages.event(name, payload, ...)
  return event_messages.message({ { ":message-type", "event" }, { ":event-type", name }, ... }, payload)
end

function event_messages.exception(name, payload)
  return event_messages.message({ { ":message-type", "exception" }, { ":exception-type", name } }, payload)
end

return event_messages
