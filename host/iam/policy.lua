-- The least IAM policy for a set of actions: statements with a Sid, equal resources together.
local caller = require "iam.caller"
local json = require "json"
local resources = require "iam.resources"

local policy = {}

local function sorted(set)
  local list = json.array {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- One name is written alone, as AWS does.
local function one_or_list(list)
  return #list == 1 and list[1] or json.array(table.move(list, 1, #list, 1, {}))
end

local function statement(sid, actions, arns, condition)
  return { Sid = sid, Effect = "Allow", Action = one_or_list(actions), Resource = one_or_list(arns), Condition = condition }
end

-- Statements by kind of resource; a second set of ARNs of the same kind gets a number behind its Sid.
local function group(actions, uses, roles)
  local groups, order = {}, {}
  for _, action in ipairs(actions) do
    local kind, arns = resources.of(action, uses(action), roles)
    local key = kind .. "\0" .. table.concat(arns, "\0")
    if not groups[key] then
      groups[key] = { kind = kind, arns = arns, actions = {} }
      order[#order + 1] = key
    end
    table.insert(groups[key].actions, action)
  end
  table.sort(order)
  local list, count = json.array {}, {}
  for _, key in ipairs(order) do
    local one = groups[key]
    count[one.kind] = (count[one.kind] or 0) + 1
    local sid = one.kind .. (count[one.kind] > 1 and tostring(count[one.kind]) or "")
    list[#list + 1] = statement(sid, one.actions, one.arns)
  end
  return list
end

--- actions: set of IAM actions; uses(action): what host/iam/tables.lua knows of it; roles: ARNs of the roles to assume, if they
-- are known. Gives the policy document; and the Sids of what DRS does with the caller's rights.
function policy.document(actions, uses, roles)
  local statements, borrowed = group(sorted(actions), uses, roles), {}
  for _, action in ipairs(sorted(actions)) do
    for _, need in ipairs(caller.needs(action)) do
      statements[#statements + 1] = statement(need.sid, need.actions, need.resources, need.condition)
      borrowed[#borrowed + 1] = need.sid
    end
  end
  return { Version = "2012-10-17", Statement = statements }, borrowed
end

return policy
