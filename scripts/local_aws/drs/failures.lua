-- The refusals of DRS, with the members that its error shapes have.

local fault = require "local_aws.fault"

local failures = {}

failures.BUSY_SERVER = "One or more of the Source Servers included in API call are currently being processed by a Job"

function failures.not_found(kind, id)
  fault.raise("ResourceNotFoundException", ("%s %s does not exist."):format(kind, id), { resourceId = id, resourceType = kind })
end

function failures.conflict(message, kind, id)
  fault.raise("ConflictException", message, { resourceId = id, resourceType = kind })
end

-- code: the quota's, nil where AWS has not published it; kind, id: what is full, nil for the account.
function failures.quota(message, code, kind, id)
  fault.raise("ServiceQuotaExceededException", message,
    { serviceCode = "drs", quotaCode = code, resourceType = kind, resourceId = id })
end

function failures.invalid(message, reason)
  fault.raise("ValidationException", message, { reason = reason or "other" })
end

function failures.invalid_field(name, message)
  fault.raise("ValidationException", message,
    { reason = "fieldValidationFailed", fieldList = { { name = name, message = message } } })
end

function failures.uninitialized()
  fault.raise("UninitializedAccountException", "Account not initialized")
end

return failures
