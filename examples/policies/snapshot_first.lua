-- Nothing is terminated before its volumes are in completed EBS snapshots. The first request begins them, the sweep looks
-- again.
local snapshots = require "lib.ebs_snapshots"
local time      = require "time"

local LOOK_AGAIN = 120        -- seconds

return {
  aws          = { "ec2:DescribeSnapshots", "ec2:CreateSnapshots", "ec2:CreateTags", "sts:AssumeRole" },
  side_by_side = 8,           -- instances judged at a time: each asks EC2

  may_terminate = function(instance, execution)
    local state = snapshots.of(instance, execution)
    if state == "completed" then return "allow" end
    if state == "error" then return "deny", "a snapshot of its volumes failed; look at EC2" end
    return "defer", "its volumes are being snapshotted", { until_ = time.now() + LOOK_AGAIN }
  end,
}
