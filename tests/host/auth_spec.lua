-- drsh auth explain, as its user meets it.
local json = require "json"
local program = require "tests.support.program"

local SECRET = "local-secret-for-development-only"

describe("drsh auth explain", function()
  local folder
  before_each(function()
    folder = program.folder()
    for name, text in pairs {
      config = "[profile drill]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/Missing\nsource_profile = base\n"
        .. "[profile empty]\nregion = eu-west-1\n[profile run]\ncredential_process = " .. folder .. "/fails\n",
      credentials = "[base]\naws_access_key_id = AKIADRSHLOCAL0000000\naws_secret_access_key = " .. SECRET .. "\n",
      fails = "#!/bin/sh\necho 'no ticket, secret: very-secret' >&2\nexit 1\n",
    } do
      local file <close> = assert(io.open(folder .. "/" .. name, "w"))
      file:write(text)
    end
    os.execute("chmod 700 " .. folder .. "/fails")
  end)
  after_each(function() program.remove(folder) end)

  -- Nothing of the caller's own account may come in. -> exit code, output
  local function explain(arguments, settings)
    local environment = ("env -i PATH=$PATH HOME=%s AWS_CONFIG_FILE=%s/config AWS_SHARED_CREDENTIALS_FILE=%s/credentials "
      .. "AWS_EC2_METADATA_DISABLED=true %s"):format(folder, folder, folder, settings or "")
    local code, out, err = program.run("auth " .. arguments, environment)
    assert.is_nil((out .. err):find(SECRET, 1, true))
    assert.is_nil((out .. err):find("very-secret", 1, true))
    return code, out, err
  end

  it("says what was tried, what won, and whose it is", function()
    local aws <close> = program.start "local --listen 127.0.0.1:0"
    local code, out = explain("explain", ("AWS_ACCESS_KEY_ID=AKIADRSHLOCAL0000000 AWS_SECRET_ACCESS_KEY=%s AWS_ENDPOINT_URL=%s "
      .. "AWS_DEFAULT_REGION=eu-central-1"):format(SECRET, aws.url))
    assert.equal(0, code)
    assert.matches("tried +environment +used\n +role of a profile +not asked\n", out)
    assert.matches("credentials +AKIADRSHLOCAL0000000 %(secret hidden%), from environment\n", out)
    assert.matches("expire +never\n", out)
    assert.matches("account +123456789012, arn:aws:iam::123456789012:user/administrator\n", out)
    assert.matches("region +eu%-central%-1, AWS_DEFAULT_REGION\n", out)
    assert.matches("sts +" .. aws.url .. ", AWS_ENDPOINT_URL\n", out)
    code, out = explain("explain --json --profile base", "AWS_ENDPOINT_URL_STS=" .. aws.url)
    assert.equal(0, code)
    local report = json.decode(out)
    assert.is_true(report.found)
    assert.same({ account = "123456789012", arn = "arn:aws:iam::123456789012:user/administrator" }, report.identity)
    assert.same({ accessKeyId = "AKIADRSHLOCAL0000000", source = "profile base", renewed = false }, report.credentials)
    assert.same({ { service = "sts", url = aws.url, source = "AWS_ENDPOINT_URL_STS" } }, report.endpoints)
    assert.equal("nothing", report.tried[1].result)
    assert.equal("the profile 'base' is named", report.tried[1].reason)
  end)

  it("asks nobody when it is told to be offline, wherever the flags stand", function()
    for _, arguments in ipairs { "explain --offline --profile base", "--offline explain --profile base", "--offline --profile base explain" } do
      local code, out = explain(arguments, "AWS_ENDPOINT_URL_STS=http://127.0.0.1:1")
      assert.equal(0, code, arguments)
      assert.matches("account +not known, STS was not asked", out)
    end
  end)

  it("says that STS did not tell", function()
    local code, out = explain("explain --profile base", "AWS_ENDPOINT_URL_STS=http://127.0.0.1:1")
    assert.equal(0, code)
    assert.matches("account +STS does not say: HTTP_CONNECT", out)
  end)

  it("ends with 1 and every reason when there are none", function()
    local code, out = explain "explain --json"
    assert.equal(1, code)
    local report = json.decode(out)
    assert.is_false(report.found)
    assert.equal(10, #report.tried)
    for _, step in ipairs(report.tried) do
      assert.equal("nothing", step.result)
      assert.is_string(step.reason)
    end
    assert.matches("^no AWS credentials: environment: AWS_ACCESS_KEY_ID is not set; ", report.problem)
    assert.is_nil(report.region.name)
    assert.equal("nobody gives one (the instance metadata: AWS_EC2_METADATA_DISABLED is true)", report.region.source)
    code, out = explain "explain --profile empty"
    assert.equal(1, code)
    assert.matches("credentials +none: the profile 'empty' has no keys", out)
    assert.matches("region +eu%-west%-1, the profile empty", out)
    code, out = explain "explain --profile gone"
    assert.equal(1, code)
    assert.matches("none: there is no profile 'gone' in ", out)
  end)

  it("shows where a source failed, without what its program let slip", function()
    local code, out = explain "explain --profile run"
    assert.equal(1, code)
    assert.matches("credential_process +failed: the credential_process of the profile 'run' .* exit code 1: no ticket, secret: %*%*%*\n", out)
    assert.matches("configuration file +not asked", out)
    local aws <close> = program.start "local --listen 127.0.0.1:0"
    code, out = explain("explain --profile drill", "AWS_ENDPOINT_URL_STS=" .. aws.url)
    assert.equal(1, code)
    assert.matches("role of a profile +failed: User: arn:aws:iam::123456789012:user/administrator is not authorized", out)
  end)

  it("is used wrongly with exit code 2", function()
    for _, arguments in ipairs { "", "explian", "explain more" } do
      local code, _, err = explain(arguments)
      assert.equal(2, code)
      assert.matches("usage: drsh auth explain %[%-%-json%]", err)
    end
    assert.equal(2, (explain "explain --nonsense"))
    local code, out = explain "explain --help"
    assert.equal(0, code)
    assert.matches("^usage: drsh auth", out)
  end)
end)
