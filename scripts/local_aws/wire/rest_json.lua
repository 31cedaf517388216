-- restJson1, the server's side: DRS. Operation by method and path, members in path, query string, headers and a JSON body.
-- All but the body is restXml's too (wire.operation, wire.locations).

local fault = require "local_aws.fault"
local form = require "local_aws.wire.form"
local json = require "json"
local json_values = require "local_aws.wire.json_values"
local validate = require "local_aws.wire.validate"

local wire = {}

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

-- The segments of a path, still escaped.
local function segments(path)
  local list = {}
  for segment in path:gmatch("[^/]+") do
    list[#list + 1] = segment
  end
  return list
end

-- routes[model] = list of {method, segments, name}; few have a label, so a plain path is found by a look-up.
local routes = setmetatable({}, { __mode = "k" })

local function routes_of(model)
  if not routes[model] then
    local found = { plain = {}, labelled = {} }
    for name, operation in pairs(model.operations) do
      local method, path = operation.http.method, operation.http.requestUri:match("^[^?]*")
      if path:find("{", 1, true) then
        table.insert(found.labelled, { method = method, segments = segments(path), name = name })
      else
        found.plain[method .. " " .. path] = name
      end
    end
    routes[model] = found
  end
  return routes[model]
end

local function labels(route, parts)
  local values = {}
  for index, segment in ipairs(route.segments) do
    local label, rest = segment:match("^{([^}+]+)(%+?)}$")
    if not label and segment ~= parts[index] then
      return nil
    elseif label and rest == "+" then
      values[label] = unescape(table.concat(parts, "/", index))
      return values
    elseif label then
      if not parts[index] then
        return nil
      end
      values[label] = unescape(parts[index])
    end
  end
  return #parts == #route.segments and values or nil
end

-- The first `count` - 1 parts, and the rest as one.
local function rest_joined(parts, count)
  local joined = { table.unpack(parts, 1, count - 1) }
  joined[count] = table.concat(parts, "/", count)
  return joined
end

-- The route of a path, and its labels. An ARN in a path may come with its slashes unescaped: where no route fits as it stands,
-- the last label takes the rest (`greedy`).
local function match(routes_with_labels, method, parts, greedy)
  for _, route in ipairs(routes_with_labels) do
    local count, values = #route.segments, nil
    if route.method == method and not greedy then
      values = labels(route, parts)
    elseif route.method == method and #parts > count and route.segments[count]:find("^{")
      and unescape(parts[count]):find("^arn:") then
      values = labels(route, rest_joined(parts, count))
    end
    if values then
      return route, values
    end
  end
end

function wire.operation(_, model, request)
  local found = routes_of(model)
  local name = found.plain[request.method .. " " .. request.path]
  if name then
    return name
  end
  local parts = segments(request.path)
  local route, values = match(found.labelled, request.method, parts, false)
  if not route then
    route, values = match(found.labelled, request.method, parts, true)
  end
  request.labels = values
  return route and route.name, request.method .. " " .. request.path
end

local function convert(model, shape_name, text, where)
  local kind = model.shapes[shape_name].type
  if kind == "integer" or kind == "long" then
    return math.tointeger(tonumber(text)) or fault.raise("SerializationException",
      "STRING_VALUE cannot be converted to Integer: " .. where)
  elseif kind == "boolean" then
    return text == "true"
  end
  return text
end

local function body_members(model, shape, request)
  if request.body == "" then
    return json.object {}
  end
  local ok, value = pcall(json.decode, request.body)
  if not ok or type(value) ~= "table" then
    fault.raise("SerializationException", ok and "Unexpected token in the request body" or tostring(value.message or value))
  end
  return json_values.decode(model, shape, value)
end

-- Puts the members that come in the path, the query string and the headers into `input`.
function wire.locations(model, shape, request, input)
  local query = form.parse(request.query_string or "", true)
  for name, member in pairs(shape.members or {}) do
    local wire_name = member.locationName or name
    if member.location == "uri" then
      input[name] = request.labels[wire_name]
    elseif member.location == "querystring" then
      local values = query[wire_name]
      if not values then
        input[name] = nil
      elseif model.shapes[member.shape].type == "list" then
        input[name] = json.array(values)
      else
        input[name] = convert(model, member.shape, values[1], wire_name)
      end
    elseif member.location == "header" then
      input[name] = request.headers[wire_name:lower()]
    end
  end
end

function wire.decode(model, operation, request)
  local shape_name = model.operations[operation].input
  if not shape_name then
    return json.object {}
  end
  local input = body_members(model, shape_name, request)
  wire.locations(model, model.shapes[shape_name], request, input)
  return input
end

function wire.invalid(found)
  local fields = {}
  for index, item in ipairs(found) do
    fields[index] = { name = item.path, message = item.message }
  end
  fault.raise("ValidationException", validate.message(found), { reason = "fieldValidationFailed", fieldList = fields })
end

function wire.encode(model, operation, output)
  local entry = model.operations[operation]
  local status = entry.http.responseCode or 200
  if status == 204 then
    return status, {}, ""
  end
  local body = entry.output and json.encode(json_values.encode(model, entry.output, output)) or "{}"
  return status, { ["content-type"] = "application/json" }, body
end

function wire.encode_fault(_, model, failure, status)
  local shape = model and model.shapes[failure.code]
  local headers = { ["content-type"] = "application/json", ["x-amzn-errortype"] = failure.code }
  local extra = {}
  for name, value in pairs(failure.extra or {}) do
    local member = shape and shape.members[name]
    if member and member.location == "header" then
      headers[member.locationName:lower()] = tostring(value)
    else
      extra[name] = value
    end
  end
  local body = shape and json_values.encode(model, failure.code, extra) or json.object {}
  body.message = failure.message
  if shape and shape.members.code then
    body.code = failure.code
  end
  return status, headers, json.encode(body)
end

return wire
