-- The credentials endpoint of a container: ECS (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI), EKS pod identity, Greengrass and
-- others (AWS_CONTAINER_CREDENTIALS_FULL_URI). The token's file is read again each time.

local answer  = require "aws.credentials.answer"
local config  = require "config"
local problem = require "aws.credentials.problem"
local refresh = require "aws.refresh"

local container = { name = "container" }

local ECS = "http://169.254.170.2"
local TIMEOUT, TRIES, PAUSE = 2, 3, 1 -- seconds, times, seconds

-- Where a token may be sent over plain HTTP.
local HOSTS = { ["169.254.170.2"] = true, ["169.254.170.23"] = true, ["[fd00:ec2::23]"] = true, ["[::1]"] = true,
  localhost = true }

local NAMES = {
  id = "AccessKeyId", secret = "SecretAccessKey", token = "Token", expires = "Expiration", account = "AccountId",
}

local function not_failed(status)
  return status ~= 200
end

-- -> scheme and host; nil for what is none. What stands before an @ is no host, and looks like one to people.
local function parts_of(url)
  local scheme, authority = url:match "^(https?)://([^/?#%s]+)"
  local host = authority and not authority:find("@", 1, true) and (authority:match "^%[[%x:.]+%]" or authority:match "^[^:]+")
  return host and scheme, host and host:lower()
end

-- The URL to ask, nil when no variable names one. Raises for one that must not get our token.
function container.url()
  local relative, full = config.get "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", config.get "AWS_CONTAINER_CREDENTIALS_FULL_URI"
  if relative then
    if relative:sub(1, 1) ~= "/" then
      problem("CREDENTIALS_CONTAINER", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash: %s", relative)
    end
    return ECS .. relative
  elseif not full then
    return nil
  end
  local scheme, host = parts_of(full)
  if scheme ~= "https" and not (host and (HOSTS[host] or host:find "^127%.%d+%.%d+%.%d+$")) then
    problem("CREDENTIALS_CONTAINER", "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to a loopback address, "
      .. "169.254.170.2, 169.254.170.23 or [fd00:ec2::23]: %s", full)
  end
  return full
end

-- The Authorization header, nil when there is no token.
local function token()
  local path, text = config.get "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", config.get "AWS_CONTAINER_AUTHORIZATION_TOKEN"
  if path then
    local file <close>, why = io.open(path, "rb")
    text = file and file:read("a")
    if not text then
      problem("CREDENTIALS_CONTAINER", "the container's token cannot be read: %s", why or path)
    end
  end
  if text and text:find "[\r\n\0]" then
    problem("CREDENTIALS_CONTAINER", "the container's token%s holds a line break: it would end the header that it goes into",
      path and " in " .. path or "")
  end
  return text ~= "" and text or nil
end

local function fetch(url)
  local who = "the container's credentials endpoint " .. url:match "^https?://[^/?#]+"
  local response = answer.ask(who, {
    url = url, timeout = TIMEOUT, connect_timeout = TIMEOUT,
    headers = { accept = "application/json", authorization = token() },
  }, { tries = TRIES, pause = PAUSE, again = not_failed })
  if response.status ~= 200 then
    problem("CREDENTIALS_CONTAINER", "%s answers with status %d", who, response.status)
  end
  return answer.keys(who, answer.decode(who, response.body), NAMES, "container")
end

function container.find()
  local url = container.url()
  if not url then
    return nil, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set"
  end
  return refresh.shared("container\n" .. url, "container", function()
    return fetch(url)
  end)
end

return container
