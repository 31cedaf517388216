-- Which region, and who says so: the code, AWS_REGION, AWS_DEFAULT_REGION, the profile; at last the instance that we run on, as
-- some SDKs do.

local config   = require "config"
local metadata = require "aws.metadata"
local profile  = require "aws.profile"

local region = {}

-- The profile that counts where the code names none, and whether a person named it.
function region.profile_name(options)
  local name = options.profile or config.get "AWS_PROFILE"
  return name or "default", name ~= nil
end

-- options: {region=, profile=}; found: the profile, if it is loaded already. -> the name and where it comes from; nil and what
-- the instance metadata said if nothing gives one. It may wait.
function region.find(options, found)
  local default = config.get "AWS_DEFAULT_REGION"
  local name = config.get "AWS_REGION" or default
  if options.region then
    return options.region, "the code"
  elseif name then
    return name, name == default and "AWS_DEFAULT_REGION" or "AWS_REGION or --region"
  end
  found = found or profile.load((region.profile_name(options)))
  if found.region then
    return found.region, "the profile " .. found.name
  end
  local of_instance, why = metadata.region(found)
  return of_instance, of_instance and "the instance metadata" or why
end

return region
