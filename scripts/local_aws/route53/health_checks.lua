-- Health checks and what they find. Endpoints answer unless settings.route53.unhealthy names the check; a check of a CloudWatch
-- alarm follows the local alarm, a calculated one its children.

local fault = require "local_aws.fault"
local json = require "json"
local names = require "local_aws.route53.names"
local time = require "time"
local uuid = require "uuid"

local health_checks = {}

health_checks.schema = [[
CREATE TABLE IF NOT EXISTS route53_health_checks (
  account TEXT NOT NULL, id TEXT NOT NULL, reference TEXT NOT NULL, version INTEGER NOT NULL, config TEXT NOT NULL,
  PRIMARY KEY (account, id), UNIQUE (account, reference)
) WITHOUT ROWID;
]]

local MOST = 100

local CHECKERS = {
  { "us-east-1", "15.177.2.10" }, { "us-west-1", "15.177.10.10" }, { "us-west-2", "15.177.14.10" },
  { "eu-west-1", "15.177.18.10" }, { "ap-southeast-1", "15.177.34.10" }, { "ap-southeast-2", "15.177.38.10" },
  { "ap-northeast-1", "15.177.42.10" }, { "sa-east-1", "15.177.50.10" },
}

local DEFAULT_PORTS = { HTTP = 80, HTTP_STR_MATCH = 80, HTTPS = 443, HTTPS_STR_MATCH = 443 }

local function read(row)
  return { id = row.id, reference = row.reference, version = row.version, config = json.decode(row.config) }
end

-- The health check with this id; raises NoSuchHealthCheck.
function health_checks.get(call, id)
  local row = call.world.db:first("SELECT * FROM route53_health_checks WHERE account = ? AND id = ?", call.account, id)
  return read(row or fault.raise("NoSuchHealthCheck", ("A health check with id %s does not exist."):format(id)))
end

local function describe(check)
  return {
    Id = check.id, CallerReference = check.reference, HealthCheckConfig = check.config, HealthCheckVersion = check.version,
  }
end

local function alarm_is_well(call, config)
  local alarm = config.AlarmIdentifier
  local found = call.world.call("monitoring", "DescribeAlarms", call.account, alarm.Region, {
    AlarmNames = json.array { alarm.Name },
  }).MetricAlarms[1]
  if not found or found.StateValue == "INSUFFICIENT_DATA" then
    return config.InsufficientDataHealthStatus ~= "Unhealthy"
  end
  return found.StateValue == "OK"
end

local function is_listed(list, id)
  for _, item in ipairs(list) do
    if item == id then
      return true
    end
  end
  return false
end

-- Is what the check watches well? A disabled check always is.
function health_checks.is_healthy(call, check)
  local config = check.config
  local well
  if config.Disabled then
    return true
  elseif config.Type == "CLOUDWATCH_METRIC" then
    well = alarm_is_well(call, config)
  elseif config.Type == "CALCULATED" then
    local count = 0
    for _, id in ipairs(config.ChildHealthChecks or {}) do
      count = count + (health_checks.is_healthy(call, health_checks.get(call, id)) and 1 or 0)
    end
    well = count >= (config.HealthThreshold or 0)
  else
    well = not is_listed(call.world.settings.route53.unhealthy, check.id)
  end
  return well ~= (config.Inverted or false)
end

local function check_config(config)
  local watches_endpoint = config.Type == "TCP" or DEFAULT_PORTS[config.Type] ~= nil
  if watches_endpoint and not config.IPAddress and not config.FullyQualifiedDomainName then
    fault.raise("InvalidInput", "Invalid parameter : Either IP address or fully qualified domain name must be specified.")
  elseif config.Type == "TCP" and not config.Port then
    fault.raise("InvalidInput", "Invalid parameter : Port must be specified for TCP health checks.")
  elseif config.Type == "CALCULATED" and not config.ChildHealthChecks then
    fault.raise("InvalidInput", "Invalid parameter : ChildHealthChecks must be specified for CALCULATED health checks.")
  elseif config.Type == "CLOUDWATCH_METRIC" and not config.AlarmIdentifier then
    fault.raise("InvalidInput", "Invalid parameter : AlarmIdentifier must be specified for CLOUDWATCH_METRIC health checks.")
  end
  if watches_endpoint then
    config.Port = config.Port or DEFAULT_PORTS[config.Type]
    config.RequestInterval, config.FailureThreshold = config.RequestInterval or 30, config.FailureThreshold or 3
    config.MeasureLatency = config.MeasureLatency or false
    if config.EnableSNI == nil then
      config.EnableSNI = config.Type:find("^HTTPS") ~= nil
    end
  end
  config.Inverted, config.Disabled = config.Inverted or false, config.Disabled or false
end

local operations = {}

function operations.CreateHealthCheck(call)
  local input, db = call.input, call.world.db
  check_config(input.HealthCheckConfig)
  local text = json.encode(input.HealthCheckConfig)
  local known = db:first("SELECT * FROM route53_health_checks WHERE account = ? AND reference = ?", call.account,
    input.CallerReference)
  if known and known.config ~= text then
    fault.raise("HealthCheckAlreadyExists",
      "A health check with the same caller reference but different configuration already exists.")
  end
  local check = known and read(known)
    or { id = uuid.v4(), reference = input.CallerReference, version = 1, config = input.HealthCheckConfig }
  if not known then
    db:run("INSERT INTO route53_health_checks (account, id, reference, version, config) VALUES (?, ?, ?, 1, ?)", call.account,
      check.id, check.reference, text)
  end
  return { HealthCheck = describe(check), Location = "https://route53.amazonaws.com/2013-04-01/healthcheck/" .. check.id }
end

function operations.GetHealthCheck(call)
  return { HealthCheck = describe(health_checks.get(call, call.input.HealthCheckId)) }
end

function operations.UpdateHealthCheck(call)
  local input = call.input
  local check = health_checks.get(call, input.HealthCheckId)
  if input.HealthCheckVersion and input.HealthCheckVersion ~= check.version then
    fault.raise("HealthCheckVersionMismatch",
      ("The specified version %d is not the current version %d of the health check."):format(
      input.HealthCheckVersion, check.version))
  end
  for name, value in pairs(input) do
    if name ~= "HealthCheckId" and name ~= "HealthCheckVersion" and name ~= "ResetElements" then
      check.config[name] = value
    end
  end
  for _, name in ipairs(input.ResetElements or {}) do
    check.config[name] = nil
  end
  check_config(check.config)
  check.version = check.version + 1
  call.world.db:run("UPDATE route53_health_checks SET version = ?, config = ? WHERE account = ? AND id = ?", check.version,
    json.encode(check.config), call.account, check.id)
  return { HealthCheck = describe(check) }
end

function operations.DeleteHealthCheck(call)
  local check = health_checks.get(call, call.input.HealthCheckId)
  call.world.db:run("DELETE FROM route53_health_checks WHERE account = ? AND id = ?", call.account, check.id)
end

function operations.ListHealthChecks(call)
  local size, marker = names.page_size(call.input, MOST), call.input.Marker or ""
  local rows = call.world.db:all("SELECT * FROM route53_health_checks WHERE account = ? AND id >= ? ORDER BY id LIMIT ?",
    call.account, marker, size + 1)
  local list = json.array {}
  for index = 1, math.min(size, #rows) do
    list[index] = describe(read(rows[index]))
  end
  return {
    HealthChecks = list, Marker = marker, IsTruncated = #rows > size, MaxItems = tostring(size),
    NextMarker = #rows > size and rows[size + 1].id or nil,
  }
end

function operations.GetHealthCheckCount(call)
  local row = call.world.db:first("SELECT count(*) AS n FROM route53_health_checks WHERE account = ?", call.account)
  return { HealthCheckCount = row.n }
end

local function observations(text)
  local list = json.array {}
  for index, checker in ipairs(CHECKERS) do
    list[index] = {
      Region = checker[1], IPAddress = checker[2], StatusReport = { Status = text, CheckedTime = time.now() - index % 30 },
    }
  end
  return { HealthCheckObservations = list }
end

function operations.GetHealthCheckStatus(call)
  local check = health_checks.get(call, call.input.HealthCheckId)
  local well = health_checks.is_healthy(call, check)
  return observations(well and "Success: HTTP Status Code 200, OK" or "Failure: Connection timed out.")
end

-- AWS keeps the last failure for a while; here there is one only as long as the check fails.
function operations.GetHealthCheckLastFailureReason(call)
  local check = health_checks.get(call, call.input.HealthCheckId)
  if health_checks.is_healthy(call, check) then
    return { HealthCheckObservations = json.array {} }
  end
  return observations("Failure: Connection timed out.")
end

health_checks.operations = operations

return health_checks
