-- The words for where an execution and its waves are, and what they mean.

local status = {}

-- The old system had more words for "it runs". Read as RUNNING, never written.
local RUNNING_ALIASES = { "POLLING", "IN_PROGRESS", "INITIATED", "STARTED", "LAUNCHING" }

local ACTIVE = { PENDING = true, RUNNING = true, PAUSE_PENDING = true, PAUSED = true, CANCELLING = true }
local TERMINAL = { COMPLETED = true, PARTIAL = true, FAILED = true, CANCELLED = true, TIMEOUT = true }

local read_as = {}
for _, word in ipairs(RUNNING_ALIASES) do read_as[word] = "RUNNING" end

--- The status in our words.
function status.of(execution)
  local word = execution.status
  return read_as[word] or word
end

--- Every word that a stored item may carry for this status of ours.
function status.stored_words(word)
  if word ~= "RUNNING" then return { word } end
  return { "RUNNING", table.unpack(RUNNING_ALIASES) }
end

--- Every word that an item may carry, for a listing over all of them.
function status.all_words()
  local words = {}
  for word in pairs(TERMINAL) do words[#words + 1] = word end
  for _, word in ipairs(status.active_words()) do words[#words + 1] = word end
  table.sort(words)
  return words
end

function status.active_words()
  local words = {}
  for word in pairs(ACTIVE) do
    for _, stored in ipairs(status.stored_words(word)) do words[#words + 1] = stored end
  end
  table.sort(words)
  return words
end

function status.is_known(word) return ACTIVE[word] or TERMINAL[word] or false end
function status.is_terminal(execution) return TERMINAL[status.of(execution)] or false end
function status.is_active(execution) return not status.is_terminal(execution) end

-- Waves: what is neither waiting nor over is in flight, also under a word that we do not know.
function status.wave_is_over(wave) return TERMINAL[wave.status] or false end
function status.wave_in_flight(wave) return wave.status ~= "PENDING" and not TERMINAL[wave.status] end

return status
