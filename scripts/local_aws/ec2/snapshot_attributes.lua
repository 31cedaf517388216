-- With whom snapshots and images are shared: lists of accounts, or `all`.

local fault = require "local_aws.fault"
local json = require "json"
local store = require "local_aws.ec2.store"

-- A permission as it is kept and compared: an account, "all", or the ARN of an organization or of a unit of one.
local function name_of(permission)
  return permission.UserId or permission.Group or permission.OrganizationArn or permission.OrganizationalUnitArn
end

local function check(permission)
  if permission.Group and permission.Group ~= "all" then
    fault.raise("InvalidAMIAttributeItemValue", ('Invalid attribute item value "%s" for userGroup item type.'):format(
      permission.Group))
  elseif permission.UserId and not permission.UserId:find("^%d%d%d%d%d%d%d%d%d%d%d%d$") then
    fault.raise("InvalidAMIAttributeItemValue", ('Invalid attribute item value "%s" for userId item type.'):format(
      permission.UserId))
  end
end

-- {Add=, Remove=} of a call, also in the older form with OperationType, UserIds and groups.
local function changes(input, permission)
  if permission then
    return permission.Add or {}, permission.Remove or {}
  end
  local list = {}
  for _, id in ipairs(input.UserIds or {}) do
    list[#list + 1] = { UserId = id }
  end
  for _, group in ipairs(input.UserGroups or input.GroupNames or {}) do
    list[#list + 1] = { Group = group }
  end
  for _, arn in ipairs(input.OrganizationArns or {}) do
    list[#list + 1] = { OrganizationArn = arn }
  end
  for _, arn in ipairs(input.OrganizationalUnitArns or {}) do
    list[#list + 1] = { OrganizationalUnitArn = arn }
  end
  if input.OperationType == "remove" then
    return {}, list
  end
  return list, {}
end

local function modify(call, resource, permission)
  local shared, order = {}, json.array {}
  local add, remove = changes(call.input, permission)
  for _, list in ipairs { add, remove } do
    for _, item in ipairs(list) do
      check(item)
    end
  end
  for _, name in ipairs(resource.shared_with) do
    shared[name] = true
  end
  for _, item in ipairs(add) do
    shared[name_of(item)] = true
  end
  for _, item in ipairs(remove) do
    shared[name_of(item)] = nil
  end
  for name in pairs(shared) do
    order[#order + 1] = name
  end
  table.sort(order)
  resource.shared_with = order
  store.save(call, resource)
end

local function permissions(resource)
  local list = json.array {}
  for index, name in ipairs(resource.shared_with) do
    local member = name == "all" and "Group" or name:find(":organization/") and "OrganizationArn"
      or name:find(":ou/") and "OrganizationalUnitArn" or "UserId"
    list[index] = { [member] = name }
  end
  return list
end

local operations = {}

function operations.ModifySnapshotAttribute(call)
  modify(call, store.need(call, "snapshot", call.input.SnapshotId), call.input.CreateVolumePermission)
end

function operations.DescribeSnapshotAttribute(call)
  local snapshot = store.need(call, "snapshot", call.input.SnapshotId)
  return { SnapshotId = snapshot.id, CreateVolumePermissions = permissions(snapshot), ProductCodes = json.array {} }
end

function operations.ModifyImageAttribute(call)
  local image = store.need(call, "image", call.input.ImageId)
  if call.input.Description then
    image.Description = call.input.Description.Value
  end
  modify(call, image, call.input.LaunchPermission)
end

function operations.DescribeImageAttribute(call)
  local image, asked = store.need(call, "image", call.input.ImageId), call.input.Attribute
  return {
    ImageId = image.id, LaunchPermissions = asked == "launchPermission" and permissions(image) or nil,
    Description = asked == "description" and { Value = image.Description } or nil,
  }
end

return { operations = operations }
