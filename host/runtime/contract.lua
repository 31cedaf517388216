-- What a script must return, by the folder that it lies in, and what is wrong when it does not.
local nearest = require "aws.nearest"

local contract = {}

local METHODS = { GET = true, POST = true, PUT = true, PATCH = true, DELETE = true }

local function check_strings(list, what, pattern, example)
  if type(list) ~= "table" then error(what .. " should be a list, such as { " .. example .. " }", 0) end
  for key, value in pairs(list) do
    if math.type(key) ~= "integer" or type(value) ~= "string" or not value:find(pattern) then
      error(("%s should hold strings such as %s, not %s"):format(what, example, tostring(value)), 0)
    end
  end
end

local function check_route(route)
  local method, path = tostring(route):match "^(%u+) (/%S*)$"
  if not METHODS[method] then error("route should be like \"POST /executions/{id}/resume\", not " .. tostring(route), 0) end
  for segment in path:gmatch "[^/]+" do
    if segment:find "[{}]" and not segment:find "^{[%a_][%w_]*}$" then
      error(("route: the segment %s should be all text or all {name}"):format(segment), 0)
    end
  end
  return method, path
end

local function check_function(script, name)
  if type(script[name]) ~= "function" then error(("%s is missing; it should be a function"):format(name), 0) end
end

local function check_fields(script, known)
  for name in pairs(script) do
    if not known[name] then
      local names = {}
      for field in pairs(known) do names[#names + 1] = field end
      table.sort(names)
      local near = type(name) == "string" and nearest.find and nearest.find(name, names)
      error(("unknown field '%s'%s"):format(tostring(name), near and "; did you mean '" .. near .. "'?" or ""), 0)
    end
  end
end

local function copy(list)
  return list and table.move(list, 1, #list, 1, {}) or {}
end

local function describe_aws(script)
  check_strings(script.aws or {}, "aws", "^[%w-]+:%w+%*?$", '"drs:DescribeJobs"')
  return copy(script.aws)
end

-- The policies that a script asks: what they may ask of AWS, it may, too.
local function describe_policies(script)
  check_strings(script.policies or {}, "policies", "^[%w_]+$", '"termination"')
  return copy(script.policies)
end

function contract.endpoint(script)
  check_fields(script, { route = true, summary = true, roles = true, aws = true, policies = true, handle = true })
  local method, path = check_route(script.route)
  check_function(script, "handle")
  if script.summary ~= nil and type(script.summary) ~= "string" then error("summary should be a string", 0) end
  check_strings(script.roles or {}, "roles", "^[%w_.-]+$", '"operator"')
  return {
    kind = "endpoint", route = script.route, method = method, path = path, summary = script.summary,
    roles = copy(script.roles), aws = describe_aws(script), policies = describe_policies(script),
  }
end

function contract.background(script)
  check_fields(script, { every = true, run = true, summary = true, aws = true, policies = true })
  check_function(script, "run")
  if type(script.every) ~= "number" or script.every ~= script.every or script.every <= 0 then
    error("every should be a number of seconds", 0)
  end
  return {
    kind = "background", every = script.every, summary = script.summary, aws = describe_aws(script),
    policies = describe_policies(script),
  }
end

function contract.handler(script)
  check_function(script, "handle")
  return { kind = "handler", aws = describe_aws(script), policies = describe_policies(script) }
end

--- What the host must know of a script, copied out of what it returned; raises what is wrong with it. nil: nothing is asked.
function contract.describe(name, script)
  local folder = name:match "^[%w_]+"
  if folder == "endpoints" then
    if type(script) ~= "table" then error("an endpoint should return a table with route and handle", 0) end
    return contract.endpoint(script)
  end
  if type(script) ~= "table" then return nil end
  if folder == "background" or (folder == "orchestrator" and rawget(script, "every") ~= nil) then
    return contract.background(script)
  end
  if folder == "policies" then return { kind = "policy", aws = describe_aws(script) } end
  if name == "orchestrator.handler" then return contract.handler(script) end
  return nil
end

return contract
