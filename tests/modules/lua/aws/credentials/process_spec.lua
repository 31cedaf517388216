local credentials_home = require "tests.support.credentials_home"
local json             = require "json"
local time             = require "time"

local FOREVER = '{"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "very-secret"}'

-- Runs fn(home) with a profile p whose program has these lines.
local function with(lines, fn, command)
  credentials_home.with({ config = "[profile p]\ncredential_process = " .. (command or "HOME/program") .. "\n" }, function(home)
    home:program("program", lines)
    fn(home)
  end)
end

local function refused(lines, pattern, command)
  with(lines, function(home)
    local problem = home.refusal "p"
    assert.matches(pattern, problem.message)
    assert.is_nil(tostring(problem):find("very-secret", 1, true))
  end, command)
end

describe("credential_process", function()
  it("gives keys for ever when it names no end", function()
    with("echo '" .. FOREVER .. "'", function(home)
      local keys = home.keys "p"
      assert.are.equal("AKIDPROCESS", keys.access_key_id)
      assert.are.equal("process of profile p", keys.source)
      assert.is_nil(keys.expires_at)
    end)
  end)

  it("gives token, end and account", function()
    local ending = math.floor(time.wall()) + 3600
    local text = json.encode { Version = 1, AccessKeyId = "A", SecretAccessKey = "s", SessionToken = "t",
      Expiration = time.iso8601(ending), AccountId = "123456789012" }
    with("echo '" .. text .. "'", function(home)
      local keys = home.keys "p"
      assert.are.equal(ending, keys.expires_at)
      assert.are.equal("123456789012", keys.account_id)
    end)
  end)

  it("is run once for all requests, and again when its keys end", function()
    local text = json.encode { Version = 1, AccessKeyId = "A", SecretAccessKey = "s", SessionToken = "t",
      Expiration = time.iso8601(time.wall() + 3600) }
    with("echo x >> \"$(dirname \"$0\")/calls\"\necho '" .. text .. "'", function(home)
      require "task".map({ 1, 2, 3, 4, 5 }, function() return home.keys "p" end)
      assert.are.equal("x\n", home:read "calls")
      local refresh = require "aws.refresh"
      refresh.now = function() return time.wall() + 3100 end
      local fine = pcall(home.keys, "p")
      refresh.now = time.wall
      assert.is_true(fine)
      assert.are.equal("x\nx\n", home:read "calls")
    end)
  end)

  it("gets its words as a shell splits them, and no shell", function()
    with("printf '[%s]' \"$@\" > \"$(dirname \"$0\")/words\"\necho '" .. FOREVER .. "'", function(home)
      home.keys "p"
      assert.are.equal([=[[a b][$H`x`][c"d][e\\f\g][*]]=], home:read "words")
    end, [["HOME/program"  'a b' "\$H`x`" c\"d "e\\\\f\g" *]])
  end)

  it("that fails is an error with its exit code and what it says, without secrets", function()
    refused("echo 'not logged in, SECRET_ACCESS_KEY=very-secret token: very-secret' >&2; exit 4",
      "the credential_process of the profile 'p' %(.*/program%) failed with exit code 4: not logged in, SECRET_ACCESS_KEY=%*%*%* token: %*%*%*$")
    refused("exit 1", "failed with exit code 1: it says nothing")
    refused("kill -9 $$", "failed with signal 9")
    refused("", "No such file or directory", "/nowhere/program")
  end)

  it("that answers wrongly is an error that shows nothing of the answer", function()
    refused("echo '{\"Version\": 1, \"AccessKeyId\": very-secret'", "gives no JSON object %(line 1, column %d+%)")
    refused("echo '[]'", "gives no JSON object")
    refused("echo '{\"Version\": 2, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"very-secret\"}'", "speaks version 2; 1 is known")
    refused("echo '{\"AccessKeyId\": \"A\", \"SecretAccessKey\": \"very-secret\"}'", "speaks version nil")
    refused("echo '{\"Version\": 1, \"SecretAccessKey\": \"very-secret\"}'", "gives no AccessKeyId")
    refused("echo '{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": 7}'", "SecretAccessKey that is no text")
    refused("echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"very-secret\",\"Expiration\":\"soon\"}'", "Expiration that is no time")
    refused("echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"very-secret\",\"Expiration\":\"2020-01-01T00:00:00Z\"}'",
      "have expired already")
    refused("yes very-secret", "wrote more than 262144 bytes")
  end)

  it("whose command cannot be read is refused before anything is run", function()
    refused("", "is no command", "program 'never closed")
    refused("", "is no command", [[program "never closed\"]])
    refused("", "is no command", "program \\")
  end)

  it("goes before keys in the configuration file, and after those in the credentials file", function()
    local keys = "aws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"
    local config = "[profile p]\ncredential_process = HOME/program\n" .. keys
    credentials_home.with({ config = config }, function(home)
      home:program("program", "echo '" .. FOREVER .. "'")
      assert.are.equal("AKIDPROCESS", home.keys("p").access_key_id)
    end)
    credentials_home.with({ config = config, credentials = "[p]\n" .. keys }, function(home)
      assert.are.equal("AKIDFILE", home.keys("p").access_key_id)
    end)
  end)
end)
