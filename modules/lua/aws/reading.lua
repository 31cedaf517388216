-- Does an operation only read? What may be fetched before a script asks for it, repeated without harm, and made where writes
-- are switched off. Many models do not say it, so the name's first word counts; a word that is not known here counts as a
-- change.

local reading = {}

local VERBS = {
  Describe = true, Get = true, List = true, Query = true, Scan = true, Search = true, Lookup = true, Head = true, Select = true,
}

local ALSO = {
  BatchGetItem = true, TransactGetItems = true, BatchGetImage = true, FilterLogEvents = true, TestDNSAnswer = true,
  DecodeAuthorizationMessage = true, ValidateStateMachineDefinition = true, SimulatePrincipalPolicy = true,
}

-- GetActivityTask takes a task away from the others; GetQueueAttributes and its like do not.
local NEVER = { GetActivityTask = true }

function reading.only(operation)
  local name = operation.name
  if NEVER[name] then
    return false
  end
  return operation.readonly == true or ALSO[name] == true or VERBS[name:match("^%u%l*")] == true
end

return reading
