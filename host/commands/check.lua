-- drsh check [PATH] [--json]
local config = require "config"
local core = require "runtime.scripts.core"
local json = require "json"
local scripts = require "check.scripts"

-- The caret stands under the column, also behind tabs.
local function show(finding)
  local before = finding.text:sub(1, (utf8.offset(finding.text, finding.column) or 1) - 1)
  return ("%s:%d:%d: %s\n    %s\n    %s^ %s\n"):format(finding.file, finding.line, finding.column, finding.message,
    finding.text, before:gsub("[^\t]", " "), finding.advice)
end

local function as_json(findings, count)
  local list = json.array {}
  for index, finding in ipairs(findings) do
    list[index] = {
      file = finding.file, line = finding.line, column = finding.column, code = finding.code, message = finding.message,
      advice = finding.advice, text = finding.text,
    }
  end
  return json.encode { findings = list, files = count }
end

return function(path, ...)
  if ... then
    io.stderr:write("usage: drsh check [PATH] [--json]; see 'drsh check --help'\n")
    return 2
  end
  local findings, count = scripts.check(path or core.folder(), core.folder())
  if not findings then
    io.stderr:write("drsh check: ", count, "\n")
    return 2
  end
  if config.flag "DRSH_JSON" then
    io.write(as_json(findings, count), "\n")
  else
    for _, finding in ipairs(findings) do io.write(show(finding)) end
    io.write(("%d files checked, %d findings\n"):format(count, #findings))
  end
  return #findings == 0 and 0 or 1
end
