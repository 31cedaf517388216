-- drsh auth explain [--json] [--offline] [--profile NAME]: who we are for AWS, and why.
local aws = require "aws"
local config = require "config"
local credentials = require "aws.credentials"
local endpoints = require "aws.endpoints"
local json = require "json"
local models = require "models"
local profile = require "aws.profile"
local region = require "aws.region"
local time = require "time"

-- What each provider said, the ones behind the winner too: {provider=, reason=, result= "used" | "nothing" | "failed" | "not
-- asked"}.
local function steps(told)
  local list, said = json.array {}, {}
  for _, step in ipairs(told.trail) do said[step.name] = step end
  for _, provider in ipairs(credentials.providers) do
    local step = said[provider.name]
    local failure = step and (step.failure or step.source and told.failure)
    list[#list + 1] = {
      provider = provider.name,
      result = not step and "not asked" or failure and "failed" or step.source and "used" or "nothing",
      reason = failure and (failure.message or tostring(failure)) or step and step.why or nil,
    }
  end
  return list
end

-- Whose the credentials are, by STS: {account=, arn=} or {problem=}.
local function identity(told, place)
  local sts = aws.client("sts", {
    credentials = told.keys, region = place or "us-east-1", max_attempts = 2, timeout = 5, total_timeout = 10,
  })
  local asked, answer = pcall(sts.get_caller_identity, sts, {})
  return asked and { account = answer.Account, arn = answer.Arn } or { problem = tostring(answer) }
end

-- Where the configuration sends calls that would else go to AWS's own hosts: {service=, url=, source=}.
local function overrides(found)
  local list = json.array {}
  for _, service in ipairs(models.services()) do
    local url, source = endpoints.configured(models.load(service), {}, found)
    if url then list[#list + 1] = { service = service, url = url, source = source } end
  end
  return list
end

local function explain()
  local told = credentials.explain()
  local found = profile.load(told.profile)
  local place, place_source = region.find({}, found)
  place_source = place and place_source or ("nobody gives one (the instance metadata: %s)"):format(place_source)
  local report = {
    found = told.keys ~= nil, profile = told.profile, profileNamed = told.named, files = found.where, tried = steps(told),
    region = { name = place, source = place_source }, endpoints = overrides(found),
    problem = told.failure and told.failure.message or nil,
  }
  local keys = told.keys
  if keys then
    report.credentials = {
      accessKeyId = keys.access_key_id, source = keys.source, accountId = keys.account_id, assumedWith = told.source.base,
      expiresAt = keys.expires_at and time.iso8601(keys.expires_at) or nil, renewed = told.source.fetch ~= nil,
    }
    if not config.flag "DRSH_OFFLINE" then report.identity = identity(told, place) end
  end
  return report, keys
end

local function line(name, text)
  io.write(("%-12s  %s\n"):format(name, text))
end

local function expiry(shown, keys)
  if not keys.expires_at then return "never" end
  return ("%s, in %d minutes%s"):format(shown.expiresAt, (keys.expires_at - time.wall()) // 60,
    shown.renewed and "; renewed before" or "; not renewed")
end

local function show_credentials(report, keys)
  local shown = report.credentials
  if not shown then
    line("credentials", "none: " .. report.problem)
    return
  end
  line("credentials", ("%s (secret hidden), from %s"):format(shown.accessKeyId, shown.source))
  if shown.assumedWith then line("", "assumed with the keys of " .. shown.assumedWith) end
  line("expire", expiry(shown, keys))
  local who = report.identity
  line("account", who and (who.account and ("%s, %s"):format(who.account, who.arn) or "STS does not say: " .. who.problem)
    or (shown.accountId or "not known") .. ", STS was not asked")
end

local function show(report, keys)
  local named = report.profileNamed and "" or " (no profile is named)"
  line("profile", ("%s%s, from %s"):format(report.profile, named, report.files))
  for index, step in ipairs(report.tried) do
    line(index == 1 and "tried" or "", ("%-24s  %s%s"):format(step.provider, step.result, step.reason and ": " .. step.reason
      or ""))
  end
  show_credentials(report, keys)
  line("region", (report.region.name or "none") .. ", " .. report.region.source)
  for index, one in ipairs(report.endpoints) do
    line(index == 1 and "endpoints" or "", ("%-12s  %s, %s"):format(one.service, one.url, one.source))
  end
  if not report.endpoints[1] then line("endpoints", "AWS's own") end
end

return function(verb, ...)
  if verb ~= "explain" or ... then
    io.stderr:write("usage: drsh auth explain [--json] [--offline] [--profile NAME]; see 'drsh auth --help'\n")
    return 2
  end
  local report, keys = explain()
  if config.flag "DRSH_JSON" then
    io.write(json.encode(report), "\n")
  else
    show(report, keys)
  end
  return keys and 0 or 1
end
