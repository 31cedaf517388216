-- All that `drsh check` looks at, for one path.
local actions = require "check.actions"
local analysis = require "check.analysis"
local loading = require "check.loading"
local names = require "check.names"
local project = require "check.project"

local scripts = {}

-- The functions that the host calls in a script of each kind.
local CALLED = {
  endpoint = { "handle" }, background = { "run" }, handler = { "handle" },
  policy = { "may_terminate", "may_start", "may_call", "go_on", "at_end", "warned" }, -- one of them, or some
}

-- The policies that a script asks may call AWS with it: what they declare, it may.
local function with_granted(described, script)
  local allowed, known = {}, {}
  local function add(list)
    for _, action in ipairs(list or {}) do
      if not known[action] then allowed[#allowed + 1], known[action] = action, true end
    end
  end
  add(script.aws)
  for _, policy in ipairs(script.policies or {}) do
    local asked = described["policies." .. policy]
    add(asked and asked.aws)
  end
  return allowed
end

local function collector()
  local findings, known = {}, {}
  return findings, function(unit, at, code, message, advice)
    local line, column = unit.source:place(at)
    local key = ("%s:%d:%d:%s"):format(unit.path, line, column, message)
    if known[key] then return end
    known[key] = true
    findings[#findings + 1] = {
      unit = unit, file = unit.path, line = line, column = column, code = code, message = message, advice = advice,
      text = unit.source:line(line),
    }
  end
end

--- The findings about a path, sorted: {file, line, column, code, message, advice, text}; or nil and why it cannot be read.
-- Second result: how many files were looked at. `beside` as in check/project.lua.
function scripts.check(path, beside)
  local opened, fault = project.open(path, beside)
  if not opened then return nil, fault end
  local findings, report = collector()
  local chosen, is_chosen = opened:chosen(), {}
  if #chosen == 0 then return nil, path .. ": there is no Lua file there" end
  local described = loading.describe(opened, report)
  for _, unit in ipairs(chosen) do
    is_chosen[unit] = true
    local view = opened:seen_by(unit)
    if not unit.chunk then
      names.syntax(unit, report)
    else
      names.globals(unit, view, report)
      local script = described[unit.name]
      local calls = analysis.run(view, unit, script and CALLED[script.kind] or {}, report)
      if script and script.aws then actions.check(unit, with_granted(described, script), calls, report) end
    end
  end
  loading.clashes(opened, described, report)
  loading.roles(opened, described, report)
  local asked = {}
  for _, finding in ipairs(findings) do
    if is_chosen[finding.unit] then asked[#asked + 1] = finding end
  end
  table.sort(asked, function(a, b)
    if a.file ~= b.file then return a.file < b.file end
    if a.line ~= b.line then return a.line < b.line end
    if a.column ~= b.column then return a.column < b.column end
    return a.message < b.message
  end)
  return asked, #chosen
end

--- What the scripts of a path call and declare: a list of {name, path, calls, aws = the declared actions; nil for a runbook}.
-- Files that the host calls nothing in are left out, unless they are trusted. nil and why, if the path cannot be read.
function scripts.read(path)
  local opened, fault = project.open(path)
  if not opened then return nil, fault end
  local list = {}
  local function ignore() end
  local described = loading.describe(opened, ignore)
  for _, unit in ipairs(opened:chosen()) do
    local script = described[unit.name]
    if unit.chunk and (script or (unit.trusted and not unit.folder)) then
      local calls = analysis.run(opened:seen_by(unit), unit, script and CALLED[script.kind] or {}, ignore)
      list[#list + 1] = { name = unit.name, path = unit.path, calls = calls,
        aws = script and script.aws and with_granted(described, script) }
    end
  end
  return list
end

return scripts
