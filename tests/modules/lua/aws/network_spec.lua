-- On the way to AWS: whom TLS trusts, and what goes through which proxy.

local aws           = require "aws"
local aws_server    = require "tests.support.aws_server"
local aws_settings  = require "tests.support.aws_settings"
local crypto        = require "crypto"
local faulty_server = require "tests.support.faulty_server"
local program       = require "tests.support.program"

local GOOD = faulty_server.answer(200, {}, '{"items":[]}')
local HOST = "drs.eu-west-1.amazonaws.com"

describe("TLS", function()
  -- The code of a call to a server whose certificate is for localhost; nil when it succeeds.
  local function code(settings, files, name)
    local server <close> = faulty_server.start({ { "tls", "read", { send = GOOD } } }, { tls = "localhost" })
    local fine, problem
    local url = ("https://%s:%s"):format(name or "localhost", server.port)
    aws_settings.with(settings(server.authority), files and { config = files(server.authority) }, function()
      local client = aws.client("drs", { region = "eu-west-1", credentials = aws_server.KEYS, endpoint = url })
      fine, problem = aws_server.follow(function() return client:describe_jobs {} end)
    end)
    if fine then
      return nil, #server:requests()
    end
    assert.is_true(aws.is_error(problem))
    assert.is_nil(problem.outcomeUnknown)
    return problem.code, #server:requests()
  end

  local function nothing() return {} end

  it("trusts whom AWS_CA_BUNDLE names, or the profile's ca_bundle", function()
    assert.is_nil((code(function(authority) return { AWS_CA_BUNDLE = authority } end)))
    assert.is_nil((code(nothing, function(authority) return "[default]\nca_bundle = " .. authority .. "\n" end)))
  end)

  it("trusts nobody else, and sends nothing", function()
    local said, requests = code(nothing)
    assert.are.equal("HTTP_TLS", said)
    assert.are.equal(0, requests)
  end)

  it("wants the name to be right, whoever vouches for it", function()
    local said, requests = code(function(authority) return { AWS_CA_BUNDLE = authority } end, nil, "127.0.0.1")
    assert.are.equal("HTTP_TLS", said)
    assert.are.equal(0, requests)
  end)

  it("does not fall back when the bundle is not there", function()
    assert.are.equal("HTTP_TLS", (code(function() return { AWS_CA_BUNDLE = "/no/such/bundle.pem" } end)))
  end)
end)

describe("a proxy", function()
  local SCRIPT = [[
    local aws = require "aws"
    local drs = aws.client("drs", { region = "eu-west-1", credentials = { access_key_id = "A", secret_access_key = "s" } })
    local fine, problem = pcall(function()
      return drs:start_recovery { sourceServers = { { sourceServerID = "s-12345678901234567" } } }
    end)
    print(fine, fine or problem.code, fine or problem.outcomeUnknown, fine and "" or problem)
  ]]

  -- What the script says in a process of its own, with these variables.
  local function run(environment)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(SCRIPT)
    file:close()
    local all = "env -u http_proxy -u https_proxy -u all_proxy -u no_proxy -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY -u NO_PROXY "
      .. "AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null DRSH_LOG_LEVEL=debug " .. environment
    local _, out, err = program.run("run " .. path, all)
    os.remove(path)
    assert.is_nil((out .. err):find "hunter2") -- whatever happens, nobody reads the password
    return out
  end

  local TUNNEL = { "read", { send = "HTTP/1.1 200 Connection established\r\n\r\n" }, "tls", "read", { send = GOOD } }

  it("is asked for a tunnel, knows its password, and sees nothing else", function()
    local server <close> = faulty_server.start({ TUNNEL }, { tls = HOST })
    local out = run(("HTTPS_PROXY=http://me:hunter2@127.0.0.1:%s AWS_CA_BUNDLE=%s"):format(server.port, server.authority))
    assert.matches("^true", out)
    local requests = server:requests()
    assert.are.equal("CONNECT " .. HOST .. ":443", requests[1].method .. " " .. requests[1].target)
    assert.are.equal("Basic " .. crypto.base64_encode "me:hunter2", requests[1].headers["proxy-authorization"])
    assert.is_nil(requests[1].headers.authorization)
    assert.are.equal("POST /StartRecovery", requests[2].method .. " " .. requests[2].target)
    assert.is_nil(requests[2].headers["proxy-authorization"])
  end)

  it("of HTTP_PROXY, written large or small, is for http alone", function()
    for _, name in ipairs { "HTTP_PROXY", "http_proxy", "ALL_PROXY" } do
      local server <close> = faulty_server.start { { "read", { send = GOOD } } }
      local out = run(("%s=http://127.0.0.1:%s AWS_ENDPOINT_URL=http://aws.invalid"):format(name, server.port))
      assert.matches("^true", out)
      assert.are.equal("http://aws.invalid/StartRecovery", server:requests()[1].target)
    end
    local server <close> = faulty_server.start { { "read" } }
    local out = run(("HTTPS_PROXY=http://127.0.0.1:%s AWS_ENDPOINT_URL=http://aws.invalid AWS_MAX_ATTEMPTS=1"):format(server.port))
    assert.matches("^false\tHTTP_CONNECT", out)
    assert.are.equal(0, #server:requests())
  end)

  it("is passed by for what NO_PROXY names, by the end of the name", function()
    local server <close> = faulty_server.start { { "read", { send = GOOD } } }
    for _, case in ipairs {
      { "aws.invalid", 0 }, { ".invalid", 0 }, { "other.example,invalid", 0 }, { "*", 0 }, { "ws.invalid", 1 }, { "aws", 2 },
    } do
      run(("HTTP_PROXY=http://127.0.0.1:%s AWS_ENDPOINT_URL=http://drs.aws.invalid AWS_MAX_ATTEMPTS=1 NO_PROXY=%s")
        :format(server.port, case[1]))
      assert.are.equal(case[2], #server:requests(), case[1])
    end
  end)

  it("that refuses has sent nothing on: the call is made again, and its outcome is known", function()
    local server <close> = faulty_server.start { { "read",
      { send = faulty_server.answer(407, { ["Proxy-Authenticate"] = "Basic realm=\"x\"" }, "who are you?") } } }
    local out = run(("HTTPS_PROXY=http://me:hunter2@127.0.0.1:%s"):format(server.port))
    assert.matches("^false\tHTTP_CONNECT\tnil", out)
    assert.are.equal(3, #server:requests())
  end)

  it("that is not there is named without its password", function()
    local out = run "HTTPS_PROXY=http://me:hunter2@127.0.0.1:1 AWS_MAX_ATTEMPTS=1"
    assert.matches("^false\tHTTP_CONNECT\tnil", out)
  end)
end)
