-- Launch templates. Their versions: ec2/launch_template_versions.lua. DRS keeps one for each source server; per-server launch
-- settings are made here.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local ids = require "local_aws.ids"
local json = require "json"
local listing = require "local_aws.ec2.listing"
local tags = require "local_aws.ec2.tags"
local time = require "time"

local launch_templates = {}

launch_templates.schema = [[
CREATE TABLE IF NOT EXISTS ec2_launch_templates (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
  created INTEGER NOT NULL, created_by TEXT NOT NULL, default_version INTEGER NOT NULL, latest_version INTEGER NOT NULL,
  UNIQUE (account, region, id), UNIQUE (account, region, name)
);
CREATE INDEX IF NOT EXISTS ec2_launch_templates_page ON ec2_launch_templates (account, region, number);
CREATE TABLE IF NOT EXISTS ec2_launch_template_versions (
  template INTEGER NOT NULL, version INTEGER NOT NULL, description TEXT, created INTEGER NOT NULL, created_by TEXT NOT NULL,
  data TEXT NOT NULL, PRIMARY KEY (template, version)
) WITHOUT ROWID;
]]

function launch_templates.add_version(call, number, version, description, data)
  call.world.db:run([[INSERT INTO ec2_launch_template_versions (template, version, description, created, created_by, data)
    VALUES (?, ?, ?, ?, ?, ?)]], number, version, description, time.now(), call.principal.arn, json.encode(json.object(data)))
end

-- Makes a template with its first version; answers its id.
function launch_templates.insert(call, name, data, description)
  local db, id = call.world.db, ids.new "lt-"
  db:run([[INSERT INTO ec2_launch_templates (account, region, id, name, created, created_by, default_version, latest_version)
    VALUES (?, ?, ?, ?, ?, ?, 1, 1)]], call.account, call.region, id, name, time.now(), call.principal.arn)
  launch_templates.add_version(call, db:last_insert_id(), 1, description, data)
  return id
end

local function not_found(id, name)
  if id then
    if not id:find("^lt%-%x+$") then
      fault.raise("InvalidLaunchTemplateId.Malformed", ('Invalid id: "%s" (expecting "lt-...")'):format(id))
    end
    fault.raise("InvalidLaunchTemplateId.NotFound",
      ("The specified launch template, with template ID %s, does not exist."):format(id))
  end
  fault.raise("InvalidLaunchTemplateName.NotFoundException",
    ("The specified launch template, with template name %s, does not exist."):format(name))
end

function launch_templates.find(call, id, name)
  if (id and name) or not (id or name) then
    fault.raise("MissingParameter",
      "Either the launch template ID or the launch template name must be specified, but not both.")
  end
  local column = id and "id" or "name"
  return call.world.db:first(("SELECT * FROM ec2_launch_templates WHERE account = ? AND region = ? AND %s = ?"):format(column),
    call.account, call.region, id or name) or not_found(id, name)
end

-- All templates of the place.
function launch_templates.all(call)
  return call.world.db:all("SELECT * FROM ec2_launch_templates WHERE account = ? AND region = ? ORDER BY number", call.account,
    call.region)
end

-- The template that a call names, by id or by name.
function launch_templates.asked_for(call)
  return launch_templates.find(call, call.input.LaunchTemplateId, call.input.LaunchTemplateName)
end

-- "$Latest", "$Default" or a number -> a number.
local function version_number(template, text)
  if text == "$Latest" then
    return template.latest_version
  elseif text == "$Default" then
    return template.default_version
  end
  return math.tointeger(tonumber(text)) or fault.raise("InvalidParameterValue",
    ("The specified launch template version '%s' is not valid."):format(text))
end
launch_templates.version_number = version_number

-- The version of a template; raises when there is none.
function launch_templates.version(call, template, text)
  return call.world.db:first("SELECT * FROM ec2_launch_template_versions WHERE template = ? AND version = ?", template.number,
    version_number(template, text))
    or fault.raise("InvalidLaunchTemplateId.VersionNotFound",
      ("Could not find the specified version %s for the launch template with ID %s."):format(text, template.id))
end

local function describe_all(call, rows)
  local template_ids, described = {}, {}
  for index, row in ipairs(rows) do
    template_ids[index] = row.id
  end
  local tag_lists = tags.of(call.world.db, call.account, call.region, template_ids)
  for index, row in ipairs(rows) do
    described[index] = {
      LaunchTemplateId = row.id, LaunchTemplateName = row.name, CreateTime = row.created, CreatedBy = row.created_by,
      DefaultVersionNumber = row.default_version, LatestVersionNumber = row.latest_version, Tags = tag_lists[row.id],
    }
  end
  return described
end

local function describe(call, row)
  return describe_all(call, { row })[1]
end

-- Adds a version to a template, which becomes its default: the default's data as change(data) leaves it.
function launch_templates.revise(call, id, description, change)
  local template = launch_templates.find(call, id)
  local data = json.decode(launch_templates.version(call, template, "$Default").data)
  local version = template.latest_version + 1
  change(data)
  launch_templates.add_version(call, template.number, version, description, data)
  call.world.db:run("UPDATE ec2_launch_templates SET latest_version = ?, default_version = ? WHERE number = ?", version,
    version, template.number)
end

-- The data of a template's default version; {} when somebody has deleted the template.
function launch_templates.default_data(call, id)
  local row = call.world.db:first([[SELECT data FROM ec2_launch_template_versions JOIN ec2_launch_templates
    ON template = number AND version = default_version WHERE account = ? AND region = ? AND id = ?]], call.account,
    call.region, id)
  return row and json.decode(row.data) or {}
end

local operations = {}

function operations.CreateLaunchTemplate(call)
  local input = call.input
  local name = input.LaunchTemplateName
  if call.world.db:first("SELECT 1 AS yes FROM ec2_launch_templates WHERE account = ? AND region = ? AND name = ?",
    call.account, call.region, name) then
    fault.raise("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
  end
  local id = launch_templates.insert(call, name, input.LaunchTemplateData, input.VersionDescription)
  tags.put(call.world.db, call.account, call.region, id, tags.from_specifications(input.TagSpecifications, "launch-template"))
  return { LaunchTemplate = describe(call, launch_templates.find(call, id)) }
end

function operations.ModifyLaunchTemplate(call)
  if call.input.LaunchTemplateId and call.input.LaunchTemplateName then
    fault.raise("InvalidParameterCombination",
      "Either provide launch template ID or launch template name to modify the template.")
  end
  local template = launch_templates.asked_for(call)
  local wanted = call.input.DefaultVersion or "$Default"
  local found, row = pcall(launch_templates.version, call, template, wanted)
  if not found then
    fault.raise("InvalidLaunchTemplateId.VersionNotFound",
      ("The launch template version %s is not found for the specified launch template."):format(wanted))
  end
  call.world.db:run("UPDATE ec2_launch_templates SET default_version = ? WHERE number = ?", row.version, template.number)
  return { LaunchTemplate = describe(call, launch_templates.find(call, template.id)) }
end

function operations.DeleteLaunchTemplate(call)
  local template = launch_templates.asked_for(call)
  local described = describe(call, template)
  call.world.db:run("DELETE FROM ec2_launch_template_versions WHERE template = ?", template.number)
  call.world.db:run("DELETE FROM ec2_launch_templates WHERE number = ?", template.number)
  tags.remove_all(call.world.db, call.account, call.region, template.id)
  return { LaunchTemplate = described }
end

local FIELDS = { ["launch-template-name"] = "LaunchTemplateName" }

local function field(name)
  local member = FIELDS[name]
  return member and function(item)
    return { item[member] }
  end or filters.tag_field(name)
end

-- The templates that the call names, nil when it names none.
local function named(call)
  local rows = {}
  for _, id in ipairs(call.input.LaunchTemplateIds or {}) do
    rows[#rows + 1] = launch_templates.find(call, id)
  end
  for _, name in ipairs(call.input.LaunchTemplateNames or {}) do
    local is_there, row = pcall(launch_templates.find, call, nil, name)
    rows[#rows + 1] = is_there and row or fault.raise("InvalidLaunchTemplateName.NotFoundException",
      "At least one of the launch templates specified in the request does not exist.")
  end
  return rows[1] and rows
end

function operations.DescribeLaunchTemplates(call)
  local input = call.input
  local matches, rows = filters.compile(input.Filters, field), named(call)
  local function show(list)
    local described = describe_all(call, list)
    for index, item in ipairs(described) do
      described[index] = matches(item) and item or false
    end
    return described
  end
  if not rows then
    local items, token = listing.of_table(call, "ec2_launch_templates", input.MaxResults or 200, show)
    return { LaunchTemplates = items, NextToken = token }
  end
  local found = {}
  for _, item in ipairs(show(rows)) do
    found[#found + 1] = item or nil
  end
  local items, token = filters.page(input, 200)(found)
  return { LaunchTemplates = items, NextToken = token }
end

local function exists(call, id)
  return call.world.db:first("SELECT 1 AS yes FROM ec2_launch_templates WHERE account = ? AND region = ? AND id = ?",
    call.account, call.region, id) ~= nil
end

launch_templates.operations = operations
launch_templates.exists = exists

return launch_templates
