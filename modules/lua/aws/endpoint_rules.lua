-- Runs a service's endpoint rules, the language in which AWS publishes where its services are: a tree of rules, each with
-- conditions, that ends in an endpoint or in a refusal. The functions are those of AWS's "Rules Engine" specification; they
-- are checked against botocore's by tests/conformance/endpoints.py.

local failure    = require "aws.failure"
local partitions = require "aws.partitions"

local endpoint_rules = {}

local HOST_LABEL = "^[%w-]+$"

local functions = {}

function functions.isSet(value)
  return value ~= nil
end

functions["not"] = function(value)
  return not value
end

function functions.booleanEquals(left, right)
  return left == right
end

functions.stringEquals = functions.booleanEquals

-- getAttr(value, "a.b[0]"), where list[0] is the first.
function functions.getAttr(value, path)
  for part in path:gmatch "[^.]+" do
    if type(value) ~= "table" then
      return nil
    end
    local name, index = part:match "^([%w_]*)%[(%d+)%]$"
    if not index then
      value = value[part]
    else
      value = name == "" and value or value[name]
      value = value and value[math.tointeger(index) + 1]
    end
  end
  return value
end

functions["aws.partition"] = function(region)
  return partitions.of(region or "")
end

-- arn:partition:service:region:account:resource
functions["aws.parseArn"] = function(text)
  if type(text) ~= "string" then
    return nil
  end
  local partition, service, region, account, resource = text:match "^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$"
  if not partition then
    return nil
  end
  local parts = {}
  for part in (resource:gsub(":", "/") .. "/"):gmatch "([^/]*)/" do
    parts[#parts + 1] = part
  end
  return { partition = partition, service = service, region = region, accountId = account, resourceId = parts }
end

local function is_host_label(text)
  return #text <= 63 and text:find(HOST_LABEL) ~= nil and text:sub(1, 1) ~= "-" and text:sub(-1) ~= "-"
end

function functions.isValidHostLabel(text, with_subdomains)
  if type(text) ~= "string" then
    return false
  elseif not with_subdomains then
    return is_host_label(text)
  end
  for label in (text .. "."):gmatch "([^.]*)%." do
    if not is_host_label(label) then
      return false
    end
  end
  return true
end

functions["aws.isVirtualHostableS3Bucket"] = function(text, with_subdomains)
  return type(text) == "string" and #text >= 3 and text == text:lower() and not text:find "^%d+%.%d+%.%d+%.%d+$"
    and functions.isValidHostLabel(text, with_subdomains)
end

function functions.substring(text, start, stop, reverse)
  if type(text) ~= "string" or start >= stop or #text < stop or text:find "[\x80-\xff]" then
    return nil
  elseif reverse then
    return text:sub(#text - stop + 1, #text - start)
  end
  return text:sub(start + 1, stop)
end

function functions.uriEncode(text)
  return text and (text:gsub("[^%w%-._~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

function functions.parseURL(text)
  local scheme, authority, path = (text or ""):match "^(https?)://([^/?#]+)([^?#]*)$"
  if not scheme then
    return nil
  end
  local host = authority:gsub(":%d+$", "")
  return {
    scheme = scheme, authority = authority, path = path, normalizedPath = path:find "/$" and path or path .. "/",
    isIp = host:find "^%d+%.%d+%.%d+%.%d+$" ~= nil or host:find "^%[.*%]$" ~= nil,
  }
end

local value_of

local function call(term, scope)
  local run = functions[term.fn]
  if not run then
    error(failure.new {
      code = "ENDPOINT_RULES", message = ("the endpoint rules use %s, which is not known here"):format(term.fn),
      service = "endpoints", operation = "resolve", retryable = false,
    }, 0)
  end
  local argv = term.argv
  return run(value_of(argv[1], scope), value_of(argv[2], scope), value_of(argv[3], scope), value_of(argv[4], scope))
end

-- "https://{Region}.{PartitionResult#dnsSuffix}"
local function filled_in(template, scope)
  return (template:gsub("{([%w_#]+)}", function(reference)
    local value = scope
    for name in reference:gmatch "[^#]+" do
      value = value and value[name]
    end
    return value ~= nil and tostring(value) or ""
  end))
end

-- A term of the rules -> its value; lists and objects (an endpoint's properties) with all that is in them.
function value_of(term, scope)
  if type(term) == "string" then
    return term:find("{", 1, true) and filled_in(term, scope) or term
  elseif type(term) ~= "table" then
    return term
  elseif term.ref then
    return scope[term.ref]
  elseif term.fn then
    return call(term, scope)
  end
  local values = {}
  for key, child in pairs(term) do
    values[key] = value_of(child, scope)
  end
  return values
end

local function holds(rule, scope)
  for _, condition in ipairs(rule.conditions or {}) do
    local value = call(condition, scope)
    if value == nil or value == false then
      return false
    elseif condition.assign then
      scope[condition.assign] = value
    end
  end
  return true
end

-- The first rule that leads to an endpoint; each sees what the rules above it have assigned, and not its neighbours' values.
local function walk(rules, outer)
  for _, rule in ipairs(rules) do
    local scope = setmetatable({}, { __index = outer })
    if holds(rule, scope) then
      if rule.endpoint then
        return { url = value_of(rule.endpoint.url, scope), properties = value_of(rule.endpoint.properties or {}, scope),
                 headers = value_of(rule.endpoint.headers or {}, scope) }
      elseif rule.error then
        return nil, value_of(rule.error, scope)
      end
      local endpoint, refusal = walk(rule.rules, scope)
      if endpoint or refusal then
        return endpoint, refusal
      end
    end
  end
end

-- set: {parameters=, rules=} as published; parameters: name -> value. -> {url=, properties=, headers=}, or nil and why not.
function endpoint_rules.evaluate(set, parameters)
  local scope = {}
  for name, parameter in pairs(set.parameters) do
    scope[name] = parameters[name]
    if scope[name] == nil then
      scope[name] = parameter.default
    end
  end
  local endpoint, refusal = walk(set.rules, scope)
  return endpoint, endpoint and nil or refusal or "there is no endpoint for these settings"
end

return endpoint_rules
