-- May this execution start now? The place for change freezes, windows, and who may do the real thing.
--
-- No file: yes. A file with a fault: no, with the fault as the reason. The other checks of a start are made in any case.
--
--   plan   planId, planName, waves[] with serverIds
--   order  executionType (DRILL, RECOVERY), initiatedBy, reason, caller {name, roles}
--
-- For example, no drills in December:
--   if order.executionType == "DRILL" and time.iso8601(time.now()):sub(6, 7) == "12" then
--     return "deny", "no drills in December"
--   end
return {
  may_start = function(plan, order)
    return "allow"
  end,
}
