-- Is a subscription's filter policy one that SNS takes? The sentences are those of the service.
-- https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html

local json = require "json"
local topics = require "local_aws.sns.topics"

local filter_policy = {}

local MOST_KEYS, MOST_COMBINATIONS = 5, 150

local function invalid(text)
  topics.invalid("FilterPolicy: " .. text)
end

local function unsound(text)
  topics.invalid("Attributes Reason: FilterPolicy: " .. text .. "\n at ...")
end

local function check_bound(operator, value)
  if type(value) ~= "number" then
    unsound(("Value of %s must be numeric"):format(operator))
  end
end

-- [operator, number] or [">", bottom, "<", top]
local function check_numeric(list)
  local first, bottom, second, top = list[1], list[2], list[3], list[4]
  if type(first) ~= "string" then
    unsound("Invalid member in numeric match: " .. (first == nil and "]" or tostring(first)))
  elseif not first:find("^[<>]=?$") and first ~= "=" then
    unsound("Unrecognized numeric range operator: " .. first)
  end
  check_bound(first, bottom)
  if second == nil then
    return
  elseif not first:find("^>") or list[5] ~= nil then
    unsound "Too many elements in numeric expression"
  elseif not tostring(second):find("^<=?$") then
    unsound("Bad numeric range operator: " .. tostring(second))
  end
  check_bound(second, top)
  if bottom >= top then
    unsound "Bottom must be less than top"
  end
end

local TEXT_MATCHES = { prefix = true, suffix = true, cidr = true, ["equals-ignore-case"] = true }

local function check_match(match)
  local kind, value = next(match)
  if kind == "numeric" then
    check_numeric(value)
  elseif kind == "exists" and type(value) ~= "boolean" then
    invalid "exists match pattern must be either true or false."
  elseif TEXT_MATCHES[kind] and type(value) ~= "string" then
    invalid(kind .. " match pattern must be a string")
  elseif kind ~= "exists" and kind ~= "anything-but" and not TEXT_MATCHES[kind] then
    invalid("Unrecognized match type " .. tostring(kind))
  end
end

local function check_values(list)
  for _, value in ipairs(list) do
    if type(value) == "table" and value ~= json.null then
      if json.is_array(value) then
        invalid "Match value must be String, number, true, false, or null"
      end
      check_match(value)
    end
  end
end

-- Counts keys and combinations: each list multiplies by its values and by how deep it stands.
local function walk(policy, depth, nested_allowed, sum)
  for name, rule in pairs(policy) do
    if json.is_array(rule) then
      check_values(rule)
      sum.keys, sum.combinations = sum.keys + 1, sum.combinations * #rule * depth
    elseif type(rule) ~= "table" then
      invalid(('"%s" must be an object or an array'):format(name))
    elseif not nested_allowed then
      topics.invalid "Filter policy scope MessageAttributes does not support nested filter policy"
    else
      walk(rule, depth + 1, nested_allowed, sum)
    end
  end
  return sum
end

-- text: the attribute's value; scope: nil, "MessageAttributes" or "MessageBody". An empty policy takes the filter away.
function filter_policy.check(text, scope)
  local ok, policy = pcall(json.decode, text)
  if not ok or type(policy) ~= "table" or json.is_array(policy) and policy[1] then
    invalid "failed to parse JSON."
  end
  local sum = walk(policy, 1, scope == "MessageBody", { keys = 0, combinations = 1 })
  if sum.keys > MOST_KEYS then
    invalid("Filter policy can not have more than 5 keys")
  elseif sum.combinations > MOST_COMBINATIONS then
    invalid "Filter policy is too complex"
  end
end

return filter_policy
