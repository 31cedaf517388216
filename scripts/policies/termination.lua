-- Which recovery instances may be terminated. Change it, save it: the next request obeys.
--
-- Asked for each instance that a termination would take. It can only say no to more: an instance of another execution, of
-- another kind (drill or recovery), or of an execution that runs is never asked about. No file: everything asked about may go.
-- A file with a fault: nothing may.
--
-- It answers "allow"; or "deny" and a reason; or "defer", a reason and one or both of { until_ = epoch seconds, approval = a
-- role or "anyone" }: then it is asked again when the time has come or the approval is there, and nothing goes before.
--
--   instance   recoveryInstanceId, instanceId, sourceServerId, region, waveName, waveNumber, jobId, isDrill, ec2State, tags
--   execution  the item: executionId, planName, executionType, status, startTime, initiatedBy ...
--   order      by (who asked), at, reason, confirm, only, dryRun, approvals[] of {by, roles[], at, reason}
--
-- What else it may hold, and policies that people use: examples/policies.
--
-- For example, to keep what carries a tag:
--   if (instance.tags or {}).Keep then return "deny", "it carries the tag Keep" end
return {
  batch_size = 200,             -- ids in one call, 200 at most
  pause_between_batches = 0,    -- seconds, in each region

  may_terminate = function(instance, execution, order)
    return "allow"
  end,
}
