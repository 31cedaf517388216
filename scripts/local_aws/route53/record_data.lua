-- The values of record sets: are they what their type needs?

local record_data = {}

local function is_ipv4(text)
  local parts = { text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  for _, part in ipairs(parts) do
    if #part > 3 or tonumber(part) > 255 then
      return false
    end
  end
  return #parts == 4
end

local function is_ipv6(text)
  local head, tail = text:match("^(.-)::(.*)$")
  local function groups(part)
    local count = 0
    for group in part:gmatch("[^:]+") do
      if not group:find("^%x%x?%x?%x?$") then
        return 99
      end
      count = count + 1
    end
    return count
  end
  if text:find("[^%x:]") or text:find(":::", 1, true) then
    return false
  elseif head then
    return groups(head) + groups(tail) < 8 and not tail:find("::", 1, true)
  end
  return groups(text) == 8 and not text:find("^:") and not text:find(":$")
end

local function is_domain(text)
  return text ~= "" and not text:find("%s") and not text:find("..", 1, true) and (text == "." or text:sub(1, 1) ~= ".")
end

local function fields(count)
  return function(text)
    local numbers, domain = text:match("^([%d%s]+)%s(%S+)$")
    local found = 0
    for _ in (numbers or ""):gmatch("%d+") do
      found = found + 1
    end
    return found == count and is_domain(domain)
  end
end

local function is_quoted(text)
  return text:find('^"') and text:find('"$') and #text >= 2
end

local DOMAIN = { is_domain, "DomainLabelEmpty", "Domain label is empty" }
local QUOTED = { is_quoted, "InvalidCharacterString", "Value should be enclosed in quotation marks" }

-- Type -> {test, AWS's code for what fails it, AWS's words}.
local CHECKS = {
  A = { is_ipv4, "ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address" },
  AAAA = { is_ipv6, "AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address" },
  CNAME = DOMAIN, NS = DOMAIN, PTR = DOMAIN, TXT = QUOTED, SPF = QUOTED,
  MX = { fields(1), "MXRRDATANotTwoFields", "MX record doesn't have 2 fields" },
  SRV = { fields(3), "SRVRRDATANotFourFields", "SRV record doesn't have 4 fields" },
}

-- What is wrong with the values, nil when nothing is.
function record_data.problem(record)
  local check, seen = CHECKS[record.Type], {}
  for _, item in ipairs(record.ResourceRecords or {}) do
    if check and not check[1](item.Value) then
      return ("Invalid Resource Record: 'FATAL problem: %s (%s) encountered with '%s''"):format(check[2], check[3], item.Value)
    elseif seen[item.Value] then
      return ("Duplicate Resource Record: '%s'"):format(item.Value)
    end
    seen[item.Value] = true
  end
  if record.Type == "CNAME" and #(record.ResourceRecords or {}) > 1 then
    return ("Invalid Resource Record: 'FATAL problem: CNAMEMultipleValues (a CNAME has one value) encountered with '%s''")
      :format(record.Name)
  end
end

return record_data
