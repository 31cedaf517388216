-- The scripts' contract, asked of the host's own check: each script is loaded in the sandbox, as when it is served.
local contract = require "runtime.contract"
local limited = require "runtime.limited"
local sandbox = require "runtime.sandbox"

local loading = {}

local LIMITS = { instructions = 5000000, memory = 64 << 20, timeout = 10 }

-- The table that the chunk returns where it is written out, and the position of a field in it.
local function returned_table(unit)
  local last = unit.chunk.body[#unit.chunk.body]
  local value = last and last.kind == "return" and last.values[1]
  return value and value.kind == "table" and value or nil, last
end

--- The field of the table that a script returns: its node, or nil, and where to point.
function loading.field(unit, name)
  local constructor, last = returned_table(unit)
  for _, field in ipairs(constructor and constructor.fields or {}) do
    if field.key and field.key.kind == "string" and field.key.value == name then return field, field.at end
  end
  return nil, constructor and constructor.at or last and last.at or 1
end

-- "scripts/lib/x.lua:3: attempt ..." belongs to that file; a breach of the contract to the field that it begins with.
local function place_of(project, unit, fault)
  local path, line, message = fault:match "^([^\n:]+):(%d+): (.*)$"
  if path then
    for _, other in pairs(project.units) do
      if other.path == path then return other, other.source:position(tonumber(line)), message end
    end
  end
  local name = fault:match "^unknown field '([^']*)'" or fault:match "^(%w+)"
  local _, at = loading.field(unit, name)
  return unit, at, fault
end

-- What other checks tell better: a broken file once, and not again for each that requires it; names where they stand.
local function is_told(message)
  return message:find "^module '[^']*' is broken" or message:find "^module '[^']*' not found" or message:find "^unknown global"
    or message:find "^attempt to set the global" or message:find "^module '[^']*' is for trusted code"
end

--- What each script of the project is for the host, by name; report hears of what it refuses.
function loading.describe(project, report)
  local modules, described = {}, {}
  for name, unit in pairs(project.units) do
    modules[name] = { code = unit.code, title = "@" .. unit.path, fault = unit.fault }
  end
  for name, unit in pairs(project.units) do
    if unit.code and unit.folder and not unit.trusted then
      local outcome, result = limited.run({ limits = LIMITS, context = { script = name, loading = true } }, function()
        local _, require_script = sandbox.new(modules)
        return contract.describe(name, require_script(name))
      end)
      if outcome == "ok" then
        described[name] = result
      else
        local fault = limited.text(result)
        local other, at, message = place_of(project, unit, fault)
        if not is_told(message) then
          report(other, at, "contract", message, "the host refuses to serve this script")
        end
      end
    end
  end
  return described
end

--- Two endpoints with one route.
function loading.clashes(project, described, report)
  local names, taken = {}, {}
  for name in pairs(described) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local route = described[name] and described[name].route
    local shape = route and route:gsub("{[^}]*}", "{}")
    local unit = project.units[name]
    if shape and taken[shape] then
      local _, at = loading.field(unit, "route")
      report(unit, at, "route-clash", ("the route %s is taken by %s"):format(route, project.units[taken[shape]].path),
        "an endpoint needs a method and path of its own")
    elseif shape then
      taken[shape] = name
    end
  end
end

-- An endpoint without roles, where the access policy decides by them.
local function check_has_roles(unit, script, list, report)
  if script.route and #(script.roles or {}) == 0 then
    local _, at = loading.field(unit, "route")
    report(unit, at, "no-roles", ("%s names no roles, so policies/access.lua lets nobody call it"):format(script.route),
      ('add roles = { "%s" }, or others that policies/access.lua knows'):format(list[1] or "viewer"))
  end
end

--- Endpoints without roles, and roles that no access policy knows: policies/access.lua may list them in its field `roles`.
function loading.roles(project, described, report)
  local access = project.units["policies.access"]
  local field = access and access.chunk and loading.field(access, "roles")
  if not field or field.value.kind ~= "table" then return end
  local known, list = {}, {}
  for _, each in ipairs(field.value.fields) do
    known[each.value.value or ""], list[#list + 1] = true, each.value.value
  end
  for name, script in pairs(described) do
    check_has_roles(project.units[name], script, list, report)
    local roles = loading.field(project.units[name], "roles")
    for _, each in ipairs(script.roles and roles and roles.value.fields or {}) do
      if each.value.kind == "string" and not known[each.value.value] then
        report(project.units[name], each.value.at, "unknown-role",
          require "aws.nearest".message("policies/access.lua knows no role", each.value.value, list),
          "correct it, or add the role to `roles` in policies/access.lua")
      end
    end
  end
end

return loading
