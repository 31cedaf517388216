-- Which IAM instance profile an instance has. The parent of an association is its instance.

local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local instances = require "local_aws.ec2.instances"
local store = require "local_aws.ec2.store"
local time = require "time"

local KIND = "iam-instance-profile-association"

local iam_profiles = {}

-- The ARN of a profile that is given by name or by ARN.
function iam_profiles.arn(call, given)
  return given.Arn or given.Name and ("arn:aws:iam::%s:instance-profile/%s"):format(call.account, given.Name)
    or fault.raise("MissingParameter", "The request must contain the parameter IamInstanceProfile")
end

local function show(association, association_state)
  association.State = association_state or "associated"
  association.IamInstanceProfile = { Arn = association.profile, Id = ids.derived("AIPA", association.profile):upper() }
  association.profile = nil
  return association
end

-- Keeps an association; the profile stands in the instance's definition, too, where it is shown from.
function iam_profiles.associate(call, instance, arn)
  instance.definition.profile = arn
  instances.save_definition(call, instance)
  local id = ids.new "iip-assoc-"
  return store.insert(call, KIND, { id = id, AssociationId = id, InstanceId = instance.id, profile = arn, parent = instance.id,
    Timestamp = time.now() // 1 })
end

local function set_profile(call, instance_id, arn)
  local instance = instances.find(call.world.db, call.account, call.region, instance_id)
  if instance then
    instance.definition.profile = arn
    instances.save_definition(call, instance)
  end
end

local operations = {}

function operations.AssociateIamInstanceProfile(call)
  local instance = instances.by_ids(call, { call.input.InstanceId }, time.now_us())[1]
  if store.children(call, KIND, instance.id)[1] then
    fault.raise("IncorrectState", ("There is an existing association for instance %s"):format(instance.id))
  end
  local made = iam_profiles.associate(call, instance, iam_profiles.arn(call, call.input.IamInstanceProfile))
  local shown = show(store.shown(call, made), "associating")
  shown.Tags = nil
  return { IamInstanceProfileAssociation = shown }
end

function operations.ReplaceIamInstanceProfileAssociation(call)
  local association = store.need(call, KIND, call.input.AssociationId)
  association.profile = iam_profiles.arn(call, call.input.IamInstanceProfile)
  set_profile(call, association.InstanceId, association.profile)
  store.save(call, association)
  local shown = show(store.shown(call, association), "associating")
  shown.Tags = nil
  return { IamInstanceProfileAssociation = shown }
end

function operations.DisassociateIamInstanceProfile(call)
  local association = store.need(call, KIND, call.input.AssociationId)
  set_profile(call, association.InstanceId, nil)
  store.remove(call, association)
  local shown = show(store.shown(call, association), "disassociating")
  shown.Tags = nil
  return { IamInstanceProfileAssociation = shown }
end

function operations.DescribeIamInstanceProfileAssociations(call)
  local list, token = store.describe(call, KIND, call.input.AssociationIds, {
    ["instance-id"] = "InstanceId", state = "State",
  }, function(association)
    return instances.life(call, association.InstanceId, time.now_us()) == "on" and show(association)
  end)
  for _, described in ipairs(list) do
    described.Tags = nil
  end
  return { IamInstanceProfileAssociations = list, NextToken = token }
end

iam_profiles.operations = operations

return iam_profiles
