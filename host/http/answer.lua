-- From the outcome of a script to status, headers and JSON body. The functions for what a script returned or raised run inside
-- the script's own task: its values may hold metamethods, and those count on its budget.
local dry_run = require "dry_run"
local json = require "json"
local limited = require "runtime.limited"
local log = require "log"
local metrics = require "process.metrics"

local answer = {}

local THROTTLED_RETRY_SECONDS = 5

local function encode(body)
  return json.encode(body) .. "\n"
end

--- An error of the host's own.
function answer.fail(status, code, message, request_id, details, headers)
  local body = { error = code, message = message, requestId = request_id }
  for name, value in pairs(details or {}) do body[name] = value end
  return status, headers or {}, encode(body)
end

local function script_error(request_id)
  local message = "the script of this endpoint failed; the log has the details under this request id"
  return answer.fail(500, "SCRIPT_ERROR", message, request_id)
end

local function log_fault(what, err, traceback, script)
  metrics.add("script_errors", script, what)
  log.error(what, { script = script, error = limited.text(err), traceback = traceback })
end

local function plain_headers(headers)
  local plain = {}
  if headers == nil then return plain end
  if type(headers) ~= "table" then error("the headers that handle returned are a " .. type(headers), 0) end
  for name, value in next, headers do
    if type(name) ~= "string" or (type(value) ~= "string" and math.type(value) ~= "integer") then
      error("a header that handle returned is no string: " .. tostring(name), 0)
    end
    plain[name:lower()] = tostring(value)
  end
  return plain
end

--- What `handle` returned.
function answer.of_results(script, request_id, status, body, headers)
  local ok, plain, text = pcall(function()
    if math.type(status) ~= "integer" or status < 200 or status > 599 then
      error(("handle should return a status from 200 to 599, and a body; it returned %s"):format(limited.text(status)), 0)
    end
    if body == nil and status ~= 204 then error("handle returned no body", 0) end
    if body ~= nil and type(body) ~= "table" then error("the body that handle returned is a " .. type(body), 0) end
    return plain_headers(headers), body and encode(body) or ""
  end)
  if ok then return status, plain, text end
  if type(plain) == "string" then plain = plain:gsub("^host/[^:]+:%d+: ", "") end
  log_fault("an answer cannot be sent", plain, nil, script)
  return script_error(request_id)
end

-- A raised table with a status is an answer: its other fields are the body.
local function reply(err, request_id)
  local body = {}
  for name, value in next, err do
    if name ~= "status" and name ~= "headers" then body[name] = value end
  end
  body.requestId = request_id
  return rawget(err, "status"), plain_headers(rawget(err, "headers")), encode(body)
end

local function aws_error(err, request_id)
  local details = {
    service = err.service, operation = err.operation, awsErrorCode = err.code, awsRequestId = err.requestId,
    region = err.region, account = err.account,
  }
  local message = ("%s %s failed: %s"):format(err.service, err.operation, limited.text(err))
  if err.throttled or err.status == 429 then
    return answer.fail(503, "AWS_ERROR", message, request_id, details, { ["retry-after"] = tostring(THROTTLED_RETRY_SECONDS) })
  end
  return answer.fail(502, "AWS_ERROR", message, request_id, details)
end

local function is_reply(err)
  local status = type(err) == "table" and rawget(err, "status")
  return math.type(status) == "integer" and status >= 200 and status <= 599 and type(rawget(err, "error")) == "string"
end

local function is_aws(err)
  return type(err) == "table" and getmetatable(err) == "aws.error" and err.code ~= "ACTION_NOT_DECLARED"
end

--- A dry run's answer is the real one, with what would have been written. Nothing was, so nothing is accepted: 200, not 202.
function answer.of_dry_run(run, status, headers, text)
  local body = text ~= "" and json.decode(text) or json.object {}
  for name, value in pairs(dry_run.report(run)) do
    if body[name] == nil then body[name] = value end
  end
  body.dryRun = true
  if status < 300 then
    status = 200
    body.message = "dry run, nothing is written: " .. (body.message or "done")
  end
  return status, headers, encode(body)
end

--- What `handle` raised.
function answer.of_error(script, request_id, err, traceback)
  if is_reply(err) then
    local ok, status, headers, body = pcall(reply, err, request_id)
    if ok then return status, headers, body end
    log_fault("a raised answer cannot be sent", status, nil, script)
    return script_error(request_id)
  end
  if is_aws(err) and err.code == "DRY_RUN_STOPPED" then
    return 200, {}, encode { message = err.message, requestId = request_id }
  elseif is_aws(err) then
    log.warn("an AWS call failed and the script did not handle it", {
      script = script, error = limited.text(err), service = err.service, operation = err.operation, region = err.region,
      account = err.account, awsRequestId = err.requestId, traceback = traceback,
    })
    return aws_error(err, request_id)
  end
  log_fault("a script failed", err, traceback, script)
  return script_error(request_id)
end

--- A script that was stopped: there is nothing of it to look at but why.
function answer.of_stop(script, request_id, outcome, err, traceback)
  if outcome == "deadline" then
    metrics.add("script_errors", script, "deadline")
    log.warn("a request took too long and was stopped", { script = script, traceback = traceback })
    local message = "the request took too long and was stopped; what AWS was asked to do may go on"
    return answer.fail(504, "DEADLINE_EXCEEDED", message, request_id)
  end
  log_fault("a script was stopped", err, traceback, script)
  return script_error(request_id)
end

--- A request that drsh kill ended. `writes`: the AWS calls that had gone out.
function answer.of_kill(request_id, writes)
  local message = "an operator ended this request; awsWrites are the changing AWS calls that had gone out"
  return answer.fail(503, "REQUEST_KILLED", message, request_id, { awsWrites = json.array(writes or {}) })
end

return answer
