-- The JSON files in which the AWS CLI keeps what a person's log-in gave: ~/.aws/sso/cache, ~/.aws/login/cache.

local answer       = require "aws.credentials.answer"
local config       = require "config"
local json         = require "json"
local log          = require "log"
local private_file = require "private_file"
local time         = require "time"

local cache_file = {}

-- -> the path of ~/<folder>/<name>.json, and how a person writes it
function cache_file.path(folder, name)
  local shown = ("~/%s/%s.json"):format(folder, name)
  return (config.get "HOME" or "") .. shown:sub(2), shown
end

-- The object in the file; nil if there is no file.
function cache_file.read(path, shown)
  local file <close> = io.open(path, "rb")
  local text = file and file:read("a")
  return text and answer.decode(shown, text)
end

-- Replaces the file; a log-in that cannot be kept still serves, with a warning. what: for it.
function cache_file.keep(path, value, what)
  local kept, why = pcall(private_file.replace, path, json.encode(value))
  if not kept then
    log.warn(("the renewed %s could not be kept"):format(what), { reason = tostring(why) })
  end
end

-- An end as the CLI writes it: ISO 8601, in old files with UTC for Z. Epoch seconds, nil when it is no time.
function cache_file.time(text)
  return type(text) == "string" and time.parse((text:gsub("UTC$", "Z"))) or nil
end

return cache_file
