-- What is attached to an instance (volumes, interfaces) comes and goes with it. Nothing has to happen at that moment: whoever
-- looks at it finds out.

local instances = require "local_aws.ec2.instances"
local store = require "local_aws.ec2.store"
local time = require "time"

local attached = {}

-- The thing as its instance's life has left it; nil when it went with the instance, or will only come with it. attachment: nil,
-- or {InstanceId=, DeleteOnTermination=}; detach() takes it off.
function attached.settle(call, thing, attachment, detach)
  local life = attachment and instances.life(call, attachment.InstanceId, time.now_us())
  if life == "to come" then
    return nil
  elseif life ~= "over" then
    return thing
  elseif attachment.DeleteOnTermination then
    store.remove(call, thing)
    return nil
  end
  detach()
  thing.parent = nil
  store.save(call, thing)
  return thing
end

return attached
