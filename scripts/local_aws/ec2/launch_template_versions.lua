-- The versions of launch templates.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local instances = require "local_aws.ec2.instances"
local json = require "json"
local launch_templates = require "local_aws.ec2.launch_templates"
local models = require "models"
local time = require "time"

local launch_template_versions = {}

-- What a request's template data looks like in an answer: the same members, but a few that only requests have.
local function as_response(value, shape_name)
  local model = models.load "ec2"
  local shape = model.shapes[shape_name]
  if type(value) ~= "table" then
    return value
  elseif shape.type == "list" then
    local out = json.array {}
    for index, item in ipairs(value) do
      out[index] = as_response(item, shape.member.shape)
    end
    return out
  end
  local out = {}
  for name, item in pairs(value) do
    local member = shape.members[name]
    if member then
      out[name] = as_response(item, member.shape)
    end
  end
  return out
end

local function describe_version(template, row)
  return {
    LaunchTemplateId = template.id, LaunchTemplateName = template.name, VersionNumber = row.version,
    VersionDescription = row.description,
    CreateTime = row.created, CreatedBy = row.created_by, DefaultVersion = row.version == template.default_version,
    LaunchTemplateData = as_response(json.decode(row.data), "ResponseLaunchTemplateData"),
  }
end

-- The template and the version's row that a launch names: {LaunchTemplateId= | LaunchTemplateName=, Version=}.
function launch_template_versions.named(call, given)
  local template = launch_templates.find(call, given.LaunchTemplateId, given.LaunchTemplateName)
  return template, launch_templates.version(call, template, given.Version or "$Default")
end

local operations = {}

function operations.CreateLaunchTemplateVersion(call)
  local template, input = launch_templates.asked_for(call), call.input
  local data = {}
  if input.SourceVersion then
    data = json.decode(launch_templates.version(call, template, input.SourceVersion).data)
  end
  for name, value in pairs(input.LaunchTemplateData) do
    data[name] = value
  end
  local version = template.latest_version + 1
  launch_templates.add_version(call, template.number, version, input.VersionDescription, data)
  call.world.db:run("UPDATE ec2_launch_templates SET latest_version = ? WHERE number = ?", version, template.number)
  template.latest_version = version
  return { LaunchTemplateVersion = describe_version(template, launch_templates.version(call, template, tostring(version))) }
end

local function delete_one(call, template, text)
  local asked = { LaunchTemplateId = template.id, LaunchTemplateName = template.name, VersionNumber = tonumber(text) }
  local found, row = pcall(launch_templates.version, call, template, text)
  if not found then
    asked.ResponseError = { Code = "launchTemplateVersionDoesNotExist", Message = row.message }
  elseif row.version == template.default_version then
    asked.ResponseError = { Code = "launchTemplateVersionIsDefault",
      Message = ("Version %s is the default version and cannot be deleted."):format(text) }
  else
    call.world.db:run("DELETE FROM ec2_launch_template_versions WHERE template = ? AND version = ?", template.number,
      row.version)
  end
  return asked
end

function operations.DeleteLaunchTemplateVersions(call)
  local template = launch_templates.asked_for(call)
  local done, refused = json.array {}, json.array {}
  for _, text in ipairs(call.input.Versions) do
    local answer = delete_one(call, template, text)
    table.insert(answer.ResponseError and refused or done, answer)
  end
  return { SuccessfullyDeletedLaunchTemplateVersions = done, UnsuccessfullyDeletedLaunchTemplateVersions = refused }
end

-- A running instance as the data of a template.
function operations.GetLaunchTemplateData(call)
  local definition = instances.by_ids(call, { call.input.InstanceId }, time.now_us())[1].definition
  return { LaunchTemplateData = {
    ImageId = definition.imageId, InstanceType = definition.instanceType, KeyName = definition.keyName,
    EbsOptimized = definition.ebsOptimized == true, Placement = { AvailabilityZone = definition.zone },
    IamInstanceProfile = definition.profile and { Arn = definition.profile } or nil,
    DisableApiTermination = definition.disableApiTermination == true, UserData = definition.userData,
  } }
end

local HOW_TO_ASK = "To describe the launch template data for all your launch templates, for ‘--versions’ specify ‘$Latest’, "
  .. "‘$Default’, or both, and omit ‘--launch-template-id’, ‘--launch-template-name’, and version numbers. To describe the "
  .. "launch template data for a specific launch template, specify ‘--launch-template-id’ or ‘--launch-template-name’, and for "
  .. "‘--versions’ specify one or more of the following values: ‘$Latest’, ‘$Default’, or one or more version numbers."

-- Without a template: the latest or the default version of each.
local function of_all(call)
  local input, found = call.input, {}
  if not (input.Versions and input.Versions[1]) then
    fault.raise("MissingParameter", HOW_TO_ASK)
  end
  for _, text in ipairs(input.Versions) do
    if text ~= "$Latest" and text ~= "$Default" then
      fault.raise("InvalidParameterValue", HOW_TO_ASK)
    end
    for _, template in ipairs(launch_templates.all(call)) do
      found[#found + 1] = describe_version(template, launch_templates.version(call, template, text))
    end
  end
  local items, token = filters.page(input, 200)(found)
  return { LaunchTemplateVersions = items, NextToken = token }
end

function operations.DescribeLaunchTemplateVersions(call)
  local input, found = call.input, {}
  if not input.LaunchTemplateId and not input.LaunchTemplateName then
    return of_all(call)
  end
  local template = launch_templates.asked_for(call)
  for _, text in ipairs(input.Versions or {}) do
    found[#found + 1] = describe_version(template, launch_templates.version(call, template, text))
  end
  if not (input.Versions and input.Versions[1]) then
    local low = input.MinVersion and launch_templates.version_number(template, input.MinVersion) or 1
    local high = input.MaxVersion and launch_templates.version_number(template, input.MaxVersion) or math.maxinteger
    for row in call.world.db:rows([[SELECT * FROM ec2_launch_template_versions WHERE template = ? AND version BETWEEN ? AND ?
      ORDER BY version DESC]], template.number, low, high) do
      found[#found + 1] = describe_version(template, row)
    end
  end
  local items, token = filters.page(input, 200)(found)
  return { LaunchTemplateVersions = items, NextToken = token }
end

launch_template_versions.operations = operations

return launch_template_versions
