-- The table that an operation on items works on: there, not being made or deleted, and without what its time to live has ended.

local fault        = require "local_aws.fault"
local tables       = require "local_aws.dynamodb.tables"
local time_to_live = require "local_aws.dynamodb.time_to_live"

return function(call, name_or_arn)
  local table_ = tables.look_up(call, name_or_arn)
  if not table_ or table_.status == "CREATING" or table_.status == "DELETING" then
    fault.raise("ResourceNotFoundException", "Requested resource not found")
  end
  time_to_live.sweep(call, table_)
  return table_
end
