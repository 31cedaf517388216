-- The names of a session at a server, for completion where somebody types. Only names leave the server, no values.
local api = require "api"
local aws = require "aws"
local json = require "json"

local names = {}

local DEEPEST, MOST = 2, 300

local function summary_of(value, depth)
  if getmetatable(value) == "aws.client" then return "client:" .. tostring(value):match '"(.+)"' end
  if type(value) ~= "table" or depth >= DEEPEST then return true end
  local members, count = json.object {}, 0
  for name, member in next, value do
    if type(name) == "string" and name:find "^[%a_][%w_]*$" and count < MOST then
      members[name], count = summary_of(member, depth + 1), count + 1
    end
  end
  return count > 0 and members or true
end

--- What the names of an environment mean: name -> true, "client:SERVICE", or the same of its members.
function names.of(env)
  return summary_of(env, 0)
end

local function value_of(summary)
  local service = type(summary) == "string" and summary:match "^client:(.+)$"
  if service then
    local fine, client = pcall(aws.client, service)
    return fine and client or true
  elseif type(summary) ~= "table" then
    return true
  end
  local members = {}
  for name, member in pairs(summary) do members[name] = value_of(member) end
  return members
end

--- An environment with these names, for help.complete.
function names.environment(summary)
  return setmetatable(value_of(summary), {
    __index = function(_, name) return api.module(name) and require(name) or nil end,
  })
end

return names
