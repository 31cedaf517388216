-- What restJson1 and restXml share: members that travel in the path, the query string, headers and the status code. The body is
-- the business of the protocol that asks.

local crypto = require "crypto"
local json   = require "json"
local models = require "models"
local scalar = require "aws.protocol.scalar"

local rest = {}

-- Requests --------------------------------------------------------------------------------------------------------------------

local function text_of(member, value, timestamp_format)
  if member.jsonvalue and member.location == "header" then
    return crypto.base64_encode(json.encode(value))
  elseif member.type == "timestamp" then
    return tostring(scalar.write_timestamp(value, member.timestampFormat or timestamp_format))
  elseif member.type == "blob" then
    return crypto.base64_encode(value)
  end
  return scalar.text(member.type, value)
end

local function texts_of(model, member, value, timestamp_format)
  local element, texts = models.resolve(model, member.member), {}
  for index = 1, #value do
    texts[index] = text_of(element, value[index], timestamp_format)
  end
  return texts
end

-- An item with a comma or a quote is quoted, so that the list can be taken apart again.
local function header_list(model, member, value)
  local texts = texts_of(model, member, value, "rfc822")
  for index, text in ipairs(texts) do
    if text:find('[,"]') then
      texts[index] = '"' .. text:gsub('\\', '\\\\'):gsub('"', '\\"') .. '"'
    end
  end
  return table.concat(texts, ",")
end

local place = {}

function place.uri(_, member, value, parts)
  parts.labels[member.locationName] = text_of(member, value, "iso8601")
end

-- A list is its name repeated.
local function add_query(model, query, name, shape, value)
  local texts = shape.type == "list" and texts_of(model, shape, value, "iso8601") or { text_of(shape, value, "iso8601") }
  for _, text in ipairs(texts) do
    query[#query + 1] = { name, text }
  end
end

function place.querystring(model, member, value, parts)
  if member.type == "map" then
    for key, item in pairs(value) do
      add_query(model, parts.query, key, models.resolve(model, member.value), item)
    end
  else
    add_query(model, parts.query, member.locationName, member, value)
  end
end

function place.header(model, member, value, parts)
  parts.headers[member.locationName:lower()] =
    member.type == "list" and header_list(model, member, value) or text_of(member, value, "rfc822")
end

function place.headers(_, member, value, parts)
  for key, text in pairs(value) do
    parts.headers[(member.locationName .. key):lower()] = text
  end
end

-- "/tags/{resourceArn}" with its labels put in; {key+} keeps slashes.
local function fill(template, labels)
  return (template:gsub("{([^}+]+)(%+?)}", function(name, greedy)
    local text = labels[name]
    if not text or text == "" then
      error(("the parameter '%s' is part of the address and cannot be empty"):format(name), 0)
    end
    return scalar.percent(text, greedy == "+" and "/" or nil)
  end))
end

local function query_string(static, pairs_)
  local texts = {}
  for index, pair in ipairs(pairs_) do
    texts[index] = scalar.percent(pair[1]) .. "=" .. scalar.percent(pair[2])
  end
  table.sort(texts)
  if static ~= "" then
    table.insert(texts, 1, static)
  end
  return #texts > 0 and "?" .. table.concat(texts, "&") or ""
end

-- write_body(shape, value) -> text of a structure; content_type for a structure's body; empty_body: is there a body if none of
-- its members is given?
function rest.request(model, operation, input, write_body, content_type, empty_body)
  local parts = { labels = {}, query = {}, headers = {} }
  local shape = operation.input and model.shapes[operation.input]
  local body, has_body_members, has_body = nil, false, false
  for name, reference in pairs(shape and shape.members or {}) do
    local member = models.resolve(model, reference)
    local value = input[name]
    if not member.location then
      has_body_members, has_body = true, has_body or value ~= nil
    elseif value ~= nil then
      place[member.location](model, member, value, parts)
    end
  end
  if shape and shape.payload then
    local member, value = models.resolve(model, shape.members[shape.payload]), input[shape.payload]
    if member.type == "blob" or member.type == "string" then
      body, content_type = value, member.type == "blob" and "application/octet-stream" or "text/plain"
    elseif value ~= nil or empty_body then
      body = write_body(member, value or {})
    end
  elseif has_body or has_body_members and empty_body then
    body = write_body(models.resolve(model, operation.inputReference), input)
  end
  if body then
    parts.headers["content-type"] = parts.headers["content-type"] or content_type
  end
  local path, static = operation.http.requestUri:match("^([^?]*)%??(.*)$")
  return {
    method = operation.http.method,
    target = fill(path, parts.labels) .. query_string(static, parts.query),
    headers = parts.headers,
    body = body or "",
  }
end

-- Responses -------------------------------------------------------------------------------------------------------------------

local function value_of(member, text)
  if member.jsonvalue and member.location == "header" then
    return json.decode(crypto.base64_decode(text) or text)
  elseif member.type == "timestamp" then
    return scalar.read_timestamp(text)
  elseif member.type == "blob" then
    return crypto.base64_decode(text) or text
  elseif member.type == "list" then
    local items = {}
    for item in text:gmatch("[^,]+") do
      items[#items + 1] = item:match("^%s*(.-)%s*$")
    end
    return json.array(items)
  end
  return scalar.parse(member.type, text)
end

local function prefixed_headers(prefix, headers)
  local map, wanted = {}, prefix:lower()
  for name, text in pairs(headers) do
    if name:sub(1, #wanted) == wanted then
      map[name:sub(#wanted + 1)] = text
    end
  end
  return json.object(map)
end

-- Puts the members that are not in the body into `output`.
local function read_outside(model, shape, response, output)
  for name, reference in pairs(shape.members) do
    local member = models.resolve(model, reference)
    if member.location == "header" then
      local text = response.headers[(member.locationName or name):lower()]
      output[name] = text and value_of(member, text)
    elseif member.location == "headers" then
      output[name] = prefixed_headers(member.locationName or "", response.headers)
    elseif member.location == "statusCode" then
      output[name] = response.status
    end
  end
  return output
end

-- read_body(shape, text) -> value of a structure
function rest.response(model, operation, response, read_body)
  local shape = operation.output and model.shapes[operation.output]
  if not shape then
    return json.object {}
  elseif shape.payload then
    local output = json.object {}
    local member = models.resolve(model, shape.members[shape.payload])
    if member.type == "blob" or member.type == "string" then
      output[shape.payload] = response.body
    elseif response.body ~= "" then
      output[shape.payload] = read_body(member, response.body)
    elseif member.type == "structure" and not member.union then
      output[shape.payload] = json.object {}
    end
    return read_outside(model, shape, response, output)
  end
  return read_outside(model, shape, response, read_body(shape, response.body))
end

return rest
