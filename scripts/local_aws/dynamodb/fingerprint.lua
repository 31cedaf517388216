-- A request as bytes that are the same for equal requests: keys in order, lengths written out. For idempotency tokens.

local fingerprint = {}

local function write(out, content)
  if type(content) ~= "table" then
    local text = tostring(content)
    out[#out + 1] = ("%s%d:%s"):format(math.type(content) and "n" or type(content):sub(1, 1), #text, text)
    return
  end
  local keys = {}
  for key in pairs(content) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  out[#out + 1] = "{"
  for _, key in ipairs(keys) do
    write(out, key)
    write(out, content[key])
  end
  out[#out + 1] = "}"
end

function fingerprint.of(content)
  local out = {}
  write(out, content)
  return table.concat(out)
end

return fingerprint
