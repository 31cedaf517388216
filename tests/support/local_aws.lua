-- A local AWS for specs: a world of its own in memory, its clock frozen at a known time, called in-process or over HTTP as a
-- client that signs by hand (so that what a real client would never send can be sent too).

local clock = require "clock"
local http = require "http"
local json = require "json"
local main = require "local_aws.main"
local sigv4 = require "sigv4"
local time = require "time"

local support = {}

support.ACCOUNT, support.REGION = "123456789012", "us-east-1"
support.ADMINISTRATOR = { access_key_id = "AKIADRSHLOCAL0000000", secret_access_key = "local-secret-for-development-only" }
-- 2026-11-23T06:00:00Z
support.START = 1795413600

-- Starts one and freezes the clock. here.call(service, operation, input [, region, account]) -> output; here.close().
function support.start(options)
  clock.freeze(support.START)
  local here = main.start(options or {})
  local self = { url = here.url, world = here.world, port = here.port, is_new = here.is_new }
  function self.call(service, operation, input, region, account)
    return here.world.call(service, operation, account or support.ACCOUNT, region or support.REGION, input or json.object {})
  end
  function self.close()
    here.close()
    clock.set(time.wall())
    clock.speed(1)
  end
  -- The fault that a call raises: {code=, message=, extra=}.
  function self.fault(...)
    local ok, problem = pcall(self.call, ...)
    assert(not ok, "the call did not fail")
    return problem
  end
  return self
end

-- Sends one request, signed unless given.unsigned. given: method, path, headers, body, service, region, credentials, time,
-- tamper= function(headers).
function support.send(here, given)
  local url = here.url .. (given.path or "/")
  local headers = {}
  for name, value in pairs(given.headers or {}) do
    headers[name] = value
  end
  if not given.unsigned then
    headers = sigv4.sign {
      method = given.method or "POST", url = url, headers = headers, body = given.body or "", service = given.service,
      region = given.region or support.REGION, time = given.time or math.floor(time.wall()),
      credentials = given.credentials or support.ADMINISTRATOR,
    }
    for name, value in pairs(given.headers or {}) do
      headers[name] = value
    end
  end
  if given.tamper then
    given.tamper(headers)
  end
  return http.request { method = given.method or "POST", url = url, headers = headers, body = given.body or "" }
end

-- A JSON call of an awsJson service.
function support.json(here, service, target, input, given)
  given = given or {}
  given.service, given.body = service, json.encode(json.object(input or {}))
  given.headers = { ["Content-Type"] = "application/x-amz-json-1.0", ["X-Amz-Target"] = target }
  local answer = support.send(here, given)
  return answer, json.decode(answer.body)
end

-- A DRS call.
function support.drs(here, operation, input, given)
  given = given or {}
  given.service, given.path, given.body = "drs", given.path or "/" .. operation, given.body
    or json.encode(json.object(input or {}))
  given.headers = { ["Content-Type"] = "application/json" }
  local answer = support.send(here, given)
  return answer, answer.body ~= "" and json.decode(answer.body) or nil
end

-- A call of a query or ec2 service: parameters as a form.
function support.form(here, service, parameters, given)
  given = given or {}
  local pairs_of_form = {}
  for name, value in pairs(parameters) do
    local escaped = tostring(value):gsub("[^%w%-._~]", function(character)
      return ("%%%02X"):format(character:byte())
    end)
    pairs_of_form[#pairs_of_form + 1] = name .. "=" .. escaped
  end
  table.sort(pairs_of_form)
  given.service, given.body = service, table.concat(pairs_of_form, "&")
  given.headers = { ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8" }
  return support.send(here, given)
end

-- The text of the first XML element with this name.
function support.field(body, name)
  return body:match("<" .. name .. ">([^<]*)</" .. name .. ">")
end

-- A control call; answers the decoded body and the status.
function support.control(here, method, path, body, headers)
  local answer = http.request {
    method = method, url = here.url .. "/_drsh/" .. path, headers = headers or { ["x-drsh-control"] = "1" },
    body = body and json.encode(body) or "",
  }
  return json.decode(answer.body), answer.status
end

-- An estate with so many source servers in one region; `each(number)` may change them. Ids: support.server_id(number).
function support.estate(count, each)
  local servers = {}
  for number = 1, count do
    servers[number] = {
      id = support.server_id(number), hostname = ("server-%03d"):format(number),
      ips = { ("10.0.%d.%d"):format(number // 250, number % 250 + 4) },
      tags = { Name = ("server-%03d"):format(number), Tier = number % 2 == 0 and "even" or "odd" },
      volumes = { { deviceName = "/dev/nvme0n1", gib = 8 } }, addedDaysAgo = 30,
    }
    if each then
      each(servers[number], number)
    end
  end
  return { places = { { account = support.ACCOUNT, region = support.REGION, sourceServers = servers } } }
end

function support.server_id(number)
  return ("s-%017d"):format(number)
end

-- The list of {sourceServerID=} for numbers first..last.
function support.servers(first, last)
  local list = json.array {}
  for number = first, last or first do
    list[#list + 1] = { sourceServerID = support.server_id(number) }
  end
  return list
end

return support
