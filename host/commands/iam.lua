-- drsh iam [SCRIPT] [--json]
local actions = require "check.actions"
local config = require "config"
local core = require "runtime.scripts.core"
local json = require "json"
local policy = require "iam.policy"
local resources = require "iam.resources"
local scripts = require "check.scripts"
local tables = require "iam.tables"

-- "terminate_instances", "endpoints/terminate_instances.lua", "scripts/endpoints/terminate_instances.lua"
local function is_asked(script, asked)
  if not asked then return true end
  local name = asked:gsub("%.lua$", ""):gsub("/", ".")
  return script.name == name or script.name:match "[^.]*$" == name or name:sub(-#script.name - 1) == "." .. script.name
end

-- What the scripts declare, and what their code says about it: actions and, by action, the tables.
local function gather(list, asked)
  local all, uses, count = {}, {}, 0
  for _, script in ipairs(list) do
    if is_asked(script, asked) then
      count = count + 1
      local needed = actions.calls(script.calls)
      for _, action in ipairs(script.aws or {}) do all[action] = true end
      for action, calls in pairs(needed) do
        if not script.aws then all[action] = true end
        for _, call in ipairs(calls) do tables.add(uses, action, call) end
      end
    end
  end
  return all, uses, count
end

-- The roles that the table of target accounts names.
local function known_roles()
  local roles = json.array {}
  local database = require "aws".client("dynamodb", { document = true })
  for row in database:items("scan", { TableName = config.require "TARGET_ACCOUNTS_TABLE" }) do
    roles[#roles + 1] = resources.role(row)
  end
  table.sort(roles)
  return roles
end

local function notes(all, borrowed)
  if #borrowed > 0 then
    io.stderr:write("No script calls what these statements allow; DRS does it with the caller's rights: ",
      table.concat(borrowed, ", "), ".\n")
  end
  if all["sts:AssumeRole"] then
    io.stderr:write("For target accounts, the role there needs the drs, ec2 and iam statements too, and must trust this ",
      "identity.\n")
  end
end

return function(asked, ...)
  if ... then
    io.stderr:write("usage: drsh iam [SCRIPT] [--json]; see 'drsh iam --help'\n")
    return 2
  end
  local is_file = asked and asked:find "%.lua$" and io.open(asked)
  if is_file then is_file:close() end
  local list, fault = scripts.read(core.folder())
  if not list then
    io.stderr:write("drsh iam: ", fault, "\n")
    return 2
  end
  local all, uses, count = gather(list, asked)
  if count == 0 and is_file then
    list = assert(scripts.read(asked))
    all, uses, count = gather(list)
  end
  if count == 0 then
    io.stderr:write("drsh iam: there is no script ", asked, " that calls AWS\n")
    return 2
  end
  local world <close> = config.flag "DRSH_LOCAL" and require "commands.local_world".open() or nil
  local roles = config.flag "DRSH_IAM_ROLES" and known_roles() or nil
  local document, borrowed = policy.document(all, function(action) return tables.of(uses, action) end, roles)
  io.write(config.flag "DRSH_JSON" and json.encode(document) or json.encode_pretty(document), "\n")
  if not config.flag "DRSH_JSON" then notes(all, borrowed) end
  return 0
end
