-- Parameters as a form, for the protocols query and ec2: Filter.1.Name=..., Filter.1.Value.1=...

local crypto = require "crypto"
local models = require "models"
local scalar = require "aws.protocol.scalar"

local query_parameters = {}

-- How the two dialects name things.
query_parameters.query = {
  member_name = function(name, member)
    return member.locationName or name
  end,
  -- tags.member.1, or tags.1 when the list is flattened (named for its items, if they have a name)
  list_prefix = function(prefix, list, element)
    if list.flattened then
      return element.locationName and prefix:gsub("[^.]+$", (element.locationName:gsub("%%", "%%%%"))) or prefix
    end
    return prefix .. "." .. (element.locationName or "member")
  end,
}

query_parameters.ec2 = {
  member_name = function(name, member)
    return member.queryName or (member.locationName or name):gsub("^%l", string.upper)
  end,
  -- ec2 knows only flat lists, and no empty ones
  list_prefix = function(prefix)
    return prefix
  end,
  skips_empty_lists = true,
}

local add = {}

local function append(model, form, dialect, prefix, shape, value)
  local writer = add[shape.type]
  if writer then
    return writer(model, form, dialect, prefix, shape, value)
  end
  form[#form + 1] = { prefix, scalar.text(shape.type, value) }
end

function add.blob(_, form, _, prefix, _, value)
  form[#form + 1] = { prefix, crypto.base64_encode(value) }
end

function add.timestamp(_, form, _, prefix, shape, value)
  form[#form + 1] = { prefix, tostring(scalar.write_timestamp(value, shape.timestampFormat or "iso8601")) }
end

function add.list(model, form, dialect, prefix, shape, value)
  local element = models.resolve(model, shape.member)
  if #value == 0 then
    if not dialect.skips_empty_lists then
      form[#form + 1] = { prefix, "" } -- an empty list is not an absent one
    end
    return
  end
  prefix = dialect.list_prefix(prefix, shape, element)
  for index = 1, #value do
    append(model, form, dialect, prefix .. "." .. index, element, value[index])
  end
end

function add.map(model, form, dialect, prefix, shape, value)
  local key_shape, value_shape = models.resolve(model, shape.key), models.resolve(model, shape.value)
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  if not shape.flattened then
    prefix = prefix .. ".entry"
  end
  for index, key in ipairs(keys) do
    local entry = prefix .. "." .. index .. "."
    append(model, form, dialect, entry .. (key_shape.locationName or "key"), key_shape, key)
    append(model, form, dialect, entry .. (value_shape.locationName or "value"), value_shape, value[key])
  end
end

function add.structure(model, form, dialect, prefix, shape, value)
  for name, item in pairs(value) do
    local member = models.resolve(model, shape.members[name])
    local part = dialect.member_name(name, member)
    append(model, form, dialect, prefix == "" and part or prefix .. "." .. part, member, item)
  end
end

-- The whole request. `input` has passed validate.parameters.
function query_parameters.request(model, operation, input, dialect)
  local form = {}
  if operation.input then
    add.structure(model, form, dialect, "", model.shapes[operation.input], input)
  end
  local texts = {}
  for index, pair in ipairs(form) do
    texts[index] = scalar.percent(pair[1]) .. "=" .. scalar.percent(pair[2])
  end
  table.sort(texts)
  table.insert(texts, 1, "Action=" .. operation.name .. "&Version=" .. model.metadata.apiVersion)
  return {
    method = operation.http.method,
    target = operation.http.requestUri,
    headers = { ["content-type"] = "application/x-www-form-urlencoded; charset=utf-8" },
    body = table.concat(texts, "&"),
  }
end

return query_parameters
