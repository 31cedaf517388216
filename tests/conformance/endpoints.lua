-- drsh run tests/conformance/endpoints.lua FILE: see endpoints.py, which calls this. Each line of FILE is a question
-- {"service", "region", "fips", "dual_stack", "account", "mode", "legacy", "operation", "input"}; the answer goes to stdout as
-- {"url", "name", "region", "regions" of SigV4a} or {"refused"}, or {"unread"} where the model speaks no protocol of ours.
local config    = require "config"
local endpoints = require "aws.endpoints"
local failure   = require "aws.failure"
local json      = require "json"
local models    = require "models"

-- What the other scenarios call is not asked for here.
config.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")

local function answer(question)
  config.set("AWS_USE_FIPS_ENDPOINT", question.fips and "true" or "false")
  config.set("AWS_USE_DUALSTACK_ENDPOINT", question.dual_stack and "true" or "false")
  config.set("AWS_STS_REGIONAL_ENDPOINTS", question.legacy and "legacy" or "regional")
  local read, model = pcall(models.load, question.service)
  if not read then
    assert(failure.is(model, "INVALID_MODEL"), model)
    return { unread = model.message }
  end
  local context = question.operation
    and endpoints.context(model, model.operations[question.operation], question.input) or nil
  local identity = { account_id = question.account, account_mode = question.mode }
  local fine, found = pcall(endpoints.resolve, model, question.region, {}, {}, identity, context)
  if fine then
    return { url = found.url, name = found.signing_name, region = found.signing_region, regions = found.region_set }
  elseif not failure.is(found) then
    error(found, 0)
  end
  return { refused = found.message }
end

for line in io.lines(arg[1]) do
  print(json.encode(answer(json.decode(line))))
end
