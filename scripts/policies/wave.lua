-- Is this wave good enough to go on with the next?
--
-- Asked once for each wave that is over; the verdict is kept. No file: only a COMPLETED wave is. A file with a fault: no wave
-- is, and the execution ends with the fault as its reason. What was launched stays, recorded, and can be terminated.
--
--   wave       waveNumber, waveName, status (COMPLETED, PARTIAL, FAILED, TIMEOUT), serverIds[],
--              serverStatuses[] of {sourceServerId, serverName, launchStatus, recoveryInstanceId, privateIp ...}
--   execution  the item: executionId, planName, executionType ...
--
-- For example, to go on when nine in ten servers are up:
--   local up = 0
--   for _, server in ipairs(wave.serverStatuses) do if server.launchStatus == "LAUNCHED" then up = up + 1 end end
--   if up >= 0.9 * #wave.serverIds then return "allow" end
return {
  poll_seconds  = 30,          -- between two looks at a wave in flight
  limit_seconds = 31536000,    -- a wave that takes longer is TIMEOUT: one year, at the start and after a resume alike

  go_on = function(wave, execution)
    if wave.status == "COMPLETED" then return "allow" end
    return "deny", ("wave %d (%s) ended %s"):format(wave.waveNumber, wave.waveName, wave.status)
  end,
}
