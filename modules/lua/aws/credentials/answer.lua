-- What the sources of keys answer: asked over HTTP with a few tries, read as JSON, and made into keys. A message names who was
-- asked and what was wrong, never what the answer held.

local core    = require "credentials"
local http    = require "http"
local json    = require "json"
local log     = require "log"
local problem = require "aws.credentials.problem"
local task    = require "task"
local time    = require "time"

local answer = {}

local LIMIT = 1 << 20 -- bytes

local function passing(status)
  return status == 429 or status >= 500
end

-- Asks until an answer comes that is no passing fault. who: for messages; options: {tries=1, pause= seconds between them,
-- again= function(status) -> is it worth another try, before= function(request), ahead of each try}. -> {status=, headers=,
-- body=}; raises CREDENTIALS_ENDPOINT when none came, or gives nil and http.request's error with options.quiet.
function answer.ask(who, request, options)
  local tries, again = options and options.tries or 1, options and options.again or passing
  request.limit = LIMIT
  for attempt = 1, tries do
    if options and options.before then options.before(request) end
    local came, response = pcall(http.request, request)
    if not came and (type(response) ~= "table" or not response.code) then
      error(response, 0)
    elseif came and (attempt == tries or not again(response.status)) then
      return response
    elseif attempt == tries and options and options.quiet then
      return nil, response
    elseif attempt == tries then
      problem("CREDENTIALS_ENDPOINT", "%s does not answer: %s", who, response.message)
    end
    log.debug("credentials are asked for again", { source = who, attempt = attempt, status = came and response.status or nil })
    task.sleep(options.pause or 1)
  end
end

-- The text as an object.
function answer.decode(who, text)
  local parsed, value = pcall(json.decode, text)
  if not parsed or type(value) ~= "table" or json.is_array(value) then
    problem("CREDENTIALS_ANSWER", "%s gives no JSON object%s", who,
      not parsed and value.line and (" (line %d, column %d)"):format(value.line, value.column) or "")
  end
  return value
end

local function text_of(who, value, name, optional)
  local text = value[name]
  if text == nil or text == json.null or text == "" then
    if not optional then
      problem("CREDENTIALS_ANSWER", "%s gives no %s", who, name)
    end
    return nil
  elseif type(text) ~= "string" then
    problem("CREDENTIALS_ANSWER", "%s gives a %s that is no text", who, name)
  end
  return text
end

-- An end as the sources write it: ISO 8601, or milliseconds since 1970.
local function expiry_of(who, value, name)
  local expires = value[name]
  if expires == nil or expires == json.null then
    return nil
  end
  local seconds = math.type(expires) and expires / 1000 or type(expires) == "string" and time.parse(expires)
  if not seconds then
    problem("CREDENTIALS_ANSWER", "%s gives a %s that is no time", who, name)
  end
  return math.floor(seconds)
end

-- Keys from an object. names: what it calls them, {id=, secret=, token=, expires=, account=}; source: where they come from.
-- names.needs_token: without a session token the answer is a wrong one.
function answer.keys(who, value, names, source)
  local keys = core.new {
    access_key_id = text_of(who, value, names.id), secret_access_key = text_of(who, value, names.secret),
    session_token = text_of(who, value, names.token, not names.needs_token), expires_at = expiry_of(who, value, names.expires),
    account_id = names.account and text_of(who, value, names.account, true), source = source,
  }
  return keys
end

return answer
